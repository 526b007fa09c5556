// No library: the least that a process can do on SIGTERM, which drops what is in flight.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answer, tell } from './application.ts';

const server = createServer((request, response) => {
  if (request.url === '/readyz') response.end('ok');
  else answer(request, response);
});
process.on('SIGTERM', () => process.exit(0));
server.listen(0, '127.0.0.1', () => tell((server.address() as AddressInfo).port));
