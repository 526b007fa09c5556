// The same server with fastify, set up as its own page says.
import Fastify from 'fastify';
import { answer, tell } from './application.ts';

let stopping = false;
const app = Fastify({ forceCloseConnections: 'idle' });
app.get('/readyz', (_request, reply) => reply.code(stopping ? 503 : 200).send());
app.get('/work', (request, reply) => {
  reply.hijack();
  answer(request.raw, reply.raw);
});
process.on('SIGTERM', () => {
  stopping = true;
  void app.close().then(() => process.exit(0));
});
const address = await app.listen({ port: 0, host: '127.0.0.1' });
tell(Number(new URL(address).port));
