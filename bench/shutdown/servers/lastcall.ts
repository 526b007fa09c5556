// The server of the benchmark with Lastcall: the five lines of the README.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { drainHttp, unit } from '../../../src/lifecycle/index.ts';
import { answer, tell } from './application.ts';

const server = createServer(answer);
const api = unit('bench-shutdown', { announce: 'never', log: false });
api.use(drainHttp(server, { readiness: '/readyz' }));
server.listen(0, '127.0.0.1', () => {
  void api.ready().then(() => tell((server.address() as AddressInfo).port));
});
