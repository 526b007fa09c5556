// The same server with http-graceful-shutdown, set up as its own page says.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import gracefulShutdown from 'http-graceful-shutdown';
import { answer, tell } from './application.ts';

let stopping = false;
const server = createServer((request, response) => {
  if (request.url === '/readyz') {
    response.statusCode = stopping ? 503 : 200;
    response.end();
  } else answer(request, response);
});
gracefulShutdown(server, {
  timeout: 10_000,
  preShutdown: async () => {
    stopping = true;
  },
});
server.listen(0, '127.0.0.1', () => tell((server.address() as AddressInfo).port));
