// http-proxy-middleware in a plain server, with an agent that keeps connections.
import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { target, tell } from './tell.ts';

const middleware = createProxyMiddleware({ target: target(), agent: new Agent({ keepAlive: true }) });
const server = createServer((request, response) => void middleware(request, response, () => {}));
server.listen(0, '127.0.0.1', () => tell((server.address() as AddressInfo).port));
