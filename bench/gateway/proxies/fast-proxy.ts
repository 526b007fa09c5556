// fast-proxy as its own page says, over undici.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fastProxy from 'fast-proxy';
import { target, tell } from './tell.ts';

const fast = fastProxy({ base: target(), undici: { connections: 1_024, pipelining: 1 } });
const server = createServer((request, response) => fast.proxy(request, response, request.url ?? '/', {}));
server.listen(0, '127.0.0.1', () => tell((server.address() as AddressInfo).port));
