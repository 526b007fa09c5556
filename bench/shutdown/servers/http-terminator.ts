// The same server with http-terminator, set up as its own page says.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttpTerminator } from 'http-terminator';
import { answer, tell } from './application.ts';

let stopping = false;
const server = createServer((request, response) => {
  if (request.url === '/readyz') {
    response.statusCode = stopping ? 503 : 200;
    response.end();
  } else answer(request, response);
});
const terminator = createHttpTerminator({ server, gracefulTerminationTimeout: 10_000 });
process.on('SIGTERM', () => {
  stopping = true;
  void terminator.terminate().then(() => process.exit(0));
});
server.listen(0, '127.0.0.1', () => tell((server.address() as AddressInfo).port));
