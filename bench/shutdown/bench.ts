// How fast and how completely an HTTP server ends: with nothing in flight, with one request in flight, and under load
// from keep-alive clients that follow readiness.
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CaseResult, summarise, takeTurns } from '../measure.ts';
import type { Bench } from '../table.ts';
import { start } from './child.ts';
import { dropTrials } from './clients.ts';
import { installServers } from './install.ts';
import { BODY } from './servers/application.ts';

const SUBJECT = 'lastcall';
const PEERS = ['close-with-grace', 'terminus', 'lightship', 'http-terminator', 'http-graceful-shutdown', 'fastify'];
/** How long the request in flight takes, and how long after it began the signal comes. */
const IN_FLIGHT_MS = 150;
const SIGNAL_AFTER_MS = 50;

export const shutdown: Bench = {
  about: 'HTTP server: SIGTERM to exit, idle and with a request in flight; requests dropped under load; six peers',
  async *run({ quick }) {
    const folder = await mkdtemp(join(tmpdir(), 'lastcall-bench-'));
    try {
      await installServers(folder);
      const rounds = quick ? 7 : 25;
      yield* idle(rounds, folder);
      yield* inFlight(rounds, folder);
      yield* drops(quick ? 10 : 300, quick ? 3 : 15, folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

async function* idle(rounds: number, folder: string): AsyncIterable<CaseResult> {
  const servers = [SUBJECT, 'bare', ...PEERS].map((name) => ({
    name,
    measure: async () => {
      await using child = await start(name, folder);
      return await child.terminate();
    },
  }));
  const values = await takeTurns(servers, { rounds });
  const options = { bench: 'shutdown', case: 'SIGTERM to exit, nothing in flight', unit: 'ms', rounds };
  for (const [index, { name }] of servers.entries()) {
    if (index > 0) yield summarise(SUBJECT, name, values[0]!, values[index]!, options);
  }
}

/** Milliseconds from the last byte of the answer in flight, or from its being cut, to the exit; cut ones are counted. */
async function* inFlight(rounds: number, folder: string): AsyncIterable<CaseResult> {
  const cut = new Map<string, number>();
  const servers = [SUBJECT, ...PEERS].map((name) => ({
    name,
    measure: async () => {
      await using child = await start(name, folder);
      const agent = new Agent({ keepAlive: true });
      try {
        const answered = get(child.port, agent).catch(() => {
          cut.set(name, (cut.get(name) ?? 0) + 1);
          return performance.now();
        });
        const exited = new Promise<number>((resolve) => {
          setTimeout(() => resolve(child.exitMoment()), SIGNAL_AFTER_MS);
        });
        const [answeredMs, exitedMs] = await Promise.all([answered, exited]);
        return exitedMs - answeredMs;
      } finally {
        agent.destroy();
      }
    },
  }));
  const values = await takeTurns(servers, { rounds });
  const options = { bench: 'shutdown', case: 'last answer to exit, one request in flight', unit: 'ms', rounds };
  for (const [index, { name }] of servers.entries()) {
    if (index === 0) continue;
    const result = summarise(SUBJECT, name, values[0]!, values[index]!, options);
    yield { ...result, counts: { subjectCut: cut.get(SUBJECT) ?? 0, peerCut: cut.get(name) ?? 0 } };
  }
}

function get(port: number, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: `/work?ms=${IN_FLIGHT_MS}`, agent }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => (bytes += chunk.length));
      response.on('end', () => {
        if (bytes === BODY.length) resolve(performance.now());
        else reject(new Error(`an answer of ${bytes} bytes`));
      });
      response.on('error', reject);
    })
      .on('error', reject)
      .end();
  });
}

/** Requests that failed or came short over many shutdowns under load, for us and for each peer. */
async function* drops(trials: number, peerTrials: number, folder: string): AsyncIterable<CaseResult> {
  const subject = await dropTrials(SUBJECT, trials, folder);
  for (const peer of PEERS) {
    const other = await dropTrials(peer, peerTrials, folder);
    yield {
      bench: 'shutdown',
      case: 'requests dropped or truncated, per 1,000 shutdowns',
      subject: SUBJECT,
      peer,
      unit: 'requests',
      subjectMedian: (1_000 * subject.failed) / subject.trials,
      peerMedian: (1_000 * other.failed) / other.trials,
      ratio: Number.NaN,
      ratioLow: Number.NaN,
      ratioHigh: Number.NaN,
      rounds: trials,
      counts: {
        subjectRequests: subject.requests,
        subjectFailed: subject.failed,
        peerTrials: other.trials,
        peerRequests: other.requests,
        peerFailed: other.failed,
      },
    };
  }
}
