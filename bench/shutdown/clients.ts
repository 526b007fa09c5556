// Keep-alive clients that follow readiness: each has a connection of its own, asks `/readyz` before every request, and
// stops when it is told 503. A request that was sent and not answered in full is counted as failed.
import { Agent, request } from 'node:http';
import { start } from './child.ts';
import { BODY } from './servers/application.ts';

const CLIENTS = 8;
const REQUEST_MS = 5;
/** The signal comes somewhere in this stretch, in steps that go through it over the trials. */
const SIGNAL_SPREAD_MS = 60;

export interface DropCount {
  readonly trials: number;
  readonly requests: number;
  readonly failed: number;
}

export async function dropTrials(server: string, trials: number, folder: string): Promise<DropCount> {
  let requests = 0;
  let failed = 0;
  for (let trial = 0; trial < trials; trial++) {
    await using child = await start(server, folder);
    const clients = Array.from({ length: CLIENTS }, () => follow(child.port));
    const afterMs = 20 + ((trial * 7) % SIGNAL_SPREAD_MS);
    const exited = new Promise((resolve) => {
      setTimeout(() => resolve(child.exitMoment()), afterMs);
    });
    const counts = await Promise.all(clients);
    await exited;
    for (const count of counts) {
      requests += count.requests;
      failed += count.failed;
    }
  }
  return { trials, requests, failed };
}

async function follow(port: number): Promise<{ requests: number; failed: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const counts = { requests: 0, failed: 0 };
  try {
    for (;;) {
      const ready = await ask(port, '/readyz', agent);
      if (ready.status !== 200) return counts;
      counts.requests += 1;
      const answer = await ask(port, `/work?ms=${REQUEST_MS}`, agent);
      // 503 while draining is an answer: the client knows that nothing was done and goes elsewhere.
      if (answer.status === 503) continue;
      if (answer.status !== 200 || answer.bytes !== BODY.length) counts.failed += 1;
    }
  } finally {
    agent.destroy();
  }
}

/** Status 0: no answer, or a part of one. */
function ask(port: number, path: string, agent: Agent): Promise<{ status: number; bytes: number }> {
  return new Promise((resolve) => {
    const failed = () => resolve({ status: 0, bytes: 0 });
    request({ host: '127.0.0.1', port, path, agent }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => (bytes += chunk.length));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes }));
      response.on('error', failed);
      response.on('aborted', failed);
    })
      .on('error', failed)
      .end();
  });
}
