// The node plane beside the proxies that Node's users know, before the same server, in turn: requests per second of the
// proxy's own CPU time, so that what else the machine does counts as little as can be. Then what is no comparison: memory
// of idle streams, and of a body on its way.
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CaseResult, pair, summarise } from '../measure.ts';
import type { Bench, BenchOptions } from '../table.ts';
import { load, openStreams } from './load.ts';
import { type Proxy, startProxy } from './proxy.ts';

const PEERS = ['fast-proxy', 'http-proxy-3', 'fastify-http-proxy', 'http-proxy-middleware'];
const CONNECTIONS = 32;
const HEAD = 'Host: bench.example\r\nUser-Agent: bench/1\r\nAccept: application/json\r\n';
const INPUT = JSON.stringify({ features: Array.from({ length: 64 }, (_, index) => index / 64) });
const REQUESTS = {
  'GET, small JSON': Buffer.from(`GET /predict HTTP/1.1\r\n${HEAD}\r\n`),
  'POST, small JSON': Buffer.from(
    `POST /predict HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nContent-Length: ${INPUT.length}\r\n\r\n${INPUT}`,
  ),
} as const;

export const gateway: Bench = {
  about: 'the node plane beside other Node proxies, requests per CPU second; memory of streams and bodies',
  async *run(options) {
    const folder = mkdtempSync(join(tmpdir(), 'lastcall-bench-'));
    try {
      await using server = await startProxy('upstream', 0, folder);
      for (const peer of PEERS) yield* compare(peer, server, folder, options);
      yield await streams(server, folder, options);
      yield await body(server, folder, options);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function* compare(
  peerName: string,
  server: Proxy,
  folder: string,
  { quick }: BenchOptions,
): AsyncGenerator<CaseResult> {
  await using subject = await startProxy('lastcall', server.port, folder);
  await using peer = await startProxy(peerName, server.port, folder);
  const requests = quick ? 8_000 : 30_000;
  for (const [name, request] of Object.entries(REQUESTS)) {
    const measured = (proxy: Proxy) => ({
      name: proxy.name,
      async measure() {
        const beforeMs = proxy.cpuMs();
        await load({ port: proxy.port, request, connections: CONNECTIONS, requests });
        return requests / ((proxy.cpuMs() - beforeMs) / 1_000);
      },
    });
    const rounds = quick ? 5 : 11;
    yield await pair(measured(subject), measured(peer), {
      bench: 'gateway',
      case: name,
      unit: 'requests per CPU second',
      rounds,
    });
  }
}

/** Memory that idle streams of events take, each one client connection and one to the instance. */
async function streams(server: Proxy, folder: string, { quick }: BenchOptions): Promise<CaseResult> {
  const count = quick ? 500 : 4_000;
  const measure = async (name: string) => {
    await using proxy = await startProxy(name, server.port, folder);
    const request = REQUESTS['GET, small JSON'];
    await load({ port: proxy.port, request, connections: CONNECTIONS, requests: 2_000 });
    const before = proxy.residentBytes();
    const sockets = await openStreams(proxy.port, count);
    const bytes = proxy.residentBytes() - before;
    for (const socket of sockets) socket.destroy();
    return { bytes, total: before + bytes };
  };
  const subject = await measure('lastcall');
  const peer = await measure('fast-proxy');
  const options = { bench: 'gateway', case: `${count} idle event streams`, unit: 'KiB each', rounds: 1 };
  const each = ({ bytes }: { bytes: number }) => [bytes / count / 1_024];
  return {
    ...summarise('lastcall', 'fast-proxy', each(subject), each(peer), options),
    counts: { streams: count, subjectMB: Math.round(subject.total / 1e6), peerMB: Math.round(peer.total / 1e6) },
  };
}

/** Memory at its highest while a body passes. */
async function body(server: Proxy, folder: string, { quick }: BenchOptions): Promise<CaseResult> {
  const bytes = (quick ? 256 : 1_024) * 2 ** 20;
  const measure = async (name: string) => {
    await using proxy = await startProxy(name, server.port, folder);
    let highest = 0;
    const timer = setInterval(() => (highest = Math.max(highest, proxy.residentBytes())), 20);
    await upload(proxy.port, bytes);
    clearInterval(timer);
    return [highest / 2 ** 20];
  };
  const options = { bench: 'gateway', case: `upload of ${bytes / 2 ** 20} MiB`, unit: 'MiB resident', rounds: 1 };
  return summarise('lastcall', 'fast-proxy', await measure('lastcall'), await measure('fast-proxy'), options);
}

async function upload(port: number, bytes: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  const block = Buffer.alloc(256 * 1_024, 7);
  const answered = new Promise<void>((resolve, reject) => {
    socket.once('data', (chunk: Buffer) => {
      if (chunk.toString('latin1', 0, 12) === 'HTTP/1.1 200') resolve();
      else reject(new Error(chunk.toString('latin1')));
    });
    socket.once('error', reject).once('close', () => reject(new Error('the connection was closed')));
  });
  socket.write(`PUT /upload HTTP/1.1\r\nHost: bench\r\nContent-Length: ${bytes}\r\n\r\n`);
  for (let sent = 0; sent < bytes; sent += block.length) {
    if (!socket.write(block)) await new Promise((resolve) => socket.once('drain', resolve));
  }
  await answered;
  socket.destroy();
}
