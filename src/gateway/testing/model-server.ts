// A model server for tests and drills: a process of its own that answers who it is, may be slow, streams, and tells what it
// was asked. `node model-server.ts VERSION [PORT] [JOURNAL]`; it says its port on stdout, one JSON line. The journal gets the
// id of each request that it acts on, before it answers.
import { appendFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const version = process.argv[2] ?? 'v1';
const journal = process.argv[4];
const counts = { requests: 0, answered: 0, streams: 0 };
let health = 200;
let broken = false;

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://model');
  if (url.pathname === '/health') return void response.writeHead(health).end();
  if (url.pathname === '/counts') return void response.end(JSON.stringify(counts));
  // What a test makes of it.
  if (url.pathname === '/set') {
    health = Number(url.searchParams.get('health') ?? health);
    broken = url.searchParams.get('broken') === 'true';
    return void response.end();
  }
  counts.requests += 1;
  const id = request.headers['x-drill-id'];
  if (journal !== undefined && typeof id === 'string') appendFileSync(journal, `${id}\n`);
  if (url.pathname.endsWith('/stream')) return stream(response, url);
  request
    .resume()
    .once('end', () => setTimeout(() => answer(request, response, url), Number(url.searchParams.get('ms') ?? 0)));
});
server.keepAliveTimeout = 60_000;

function answer(request: IncomingMessage, response: ServerResponse, url: URL): void {
  counts.answered += 1;
  const session = url.searchParams.get('login');
  if (session !== null) response.setHeader('set-cookie', `SESSION_ID=${session}; Path=/; HttpOnly`);
  response.setHeader('content-type', 'application/json');
  response.writeHead(broken ? 500 : 200);
  response.end(JSON.stringify({ version, pid: process.pid, path: url.pathname, headers: request.headers }));
}

function stream(response: ServerResponse, url: URL): void {
  counts.streams += 1;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let left = Number(url.searchParams.get('events') ?? 1e9);
  const timer = setInterval(
    () => {
      response.write(`data: ${JSON.stringify({ version, left })}\n\n`);
      left -= 1;
      if (left > 0) return;
      clearInterval(timer);
      counts.answered += 1;
      response.end();
    },
    Number(url.searchParams.get('every') ?? 10),
  );
  response.once('close', () => clearInterval(timer));
}

server.listen(Number(process.argv[3] ?? 0), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
});
// Nobody is left who could want anything of it.
process.stdin.resume().once('end', () => process.exit(0));
