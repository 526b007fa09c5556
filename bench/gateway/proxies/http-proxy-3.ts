// http-proxy-3 with an agent that keeps connections.
import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createProxyServer } from 'http-proxy-3';
import { target, tell } from './tell.ts';

const proxy = createProxyServer({ target: target(), agent: new Agent({ keepAlive: true }) });
const server = createServer((request, response) => proxy.web(request, response));
server.listen(0, '127.0.0.1', () => tell((server.address() as AddressInfo).port));
