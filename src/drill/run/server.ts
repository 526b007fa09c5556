// The server of `npm run drill:run`: answers after a while, streams a little, and on SIGTERM drops everything at once, as
// most servers do. Whatever is not dropped all the same is the work of who stands before it. node server.ts PORT
import { createServer } from 'node:http';

const [port = '0'] = process.argv.slice(2);

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server');
  const delayMs = Number(searchParams.get('ms') ?? 20 + ((request.url?.length ?? 0) % 5) * 20);
  response.setHeader('content-type', 'text/plain');
  if (pathname === '/health') return void response.end('ok\n');
  // In two pieces, so that an answer can be cut in the middle.
  response.write('first half, ');
  setTimeout(() => response.end('second half\n'), delayMs);
});
server.listen(Number(port), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
