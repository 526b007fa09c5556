// What the proxies stand before: small JSON for GET and POST, a stream of events that says one thing and waits, and a
// place for large bodies.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tell } from './tell.ts';

const BODY = JSON.stringify({ id: 4711, label: 'late', score: 0.25, model: 'flights-2' });
const HEAD = ['content-type', 'application/json', 'content-length', String(BODY.length)];

const server = createServer((request, response) => {
  if (request.url === '/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: hello\n\n');
    return;
  }
  if (request.method === 'GET') {
    response.writeHead(200, HEAD).end(BODY);
    return;
  }
  request.resume().once('end', () => response.writeHead(200, HEAD).end(BODY));
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => tell((server.address() as AddressInfo).port));
