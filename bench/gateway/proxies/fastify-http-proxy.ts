// @fastify/http-proxy as its own page says.
import proxy from '@fastify/http-proxy';
import Fastify from 'fastify';
import { target, tell } from './tell.ts';

const app = Fastify();
await app.register(proxy, { upstream: target(), undici: { connections: 1_024, pipelining: 1 } });
const address = await app.listen({ port: 0, host: '127.0.0.1' });
tell(Number(new URL(address).port));
