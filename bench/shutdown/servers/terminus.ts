// The same server with terminus, set up as its own page says.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTerminus } from '@godaddy/terminus';
import { answer, tell } from './application.ts';

const server = createServer(answer);
createTerminus(server, {
  signal: 'SIGTERM',
  timeout: 10_000,
  healthChecks: { '/readyz': async () => ({}) },
  logger: () => {},
});
server.listen(0, '127.0.0.1', () => tell((server.address() as AddressInfo).port));
