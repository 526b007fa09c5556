// The same server with close-with-grace, set up as its own page says.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import closeWithGrace from 'close-with-grace';
import { answer, tell } from './application.ts';

let stopping = false;
const server = createServer((request, response) => {
  if (request.url === '/readyz') {
    response.statusCode = stopping ? 503 : 200;
    response.end();
  } else answer(request, response);
});
closeWithGrace({ delay: 10_000, logger: false }, async () => {
  stopping = true;
  await new Promise((resolve) => server.close(resolve));
});
server.listen(0, '127.0.0.1', () => tell((server.address() as AddressInfo).port));
