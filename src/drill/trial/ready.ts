// Waits until a target can be drilled: its readiness is 200, or without one, it answers at all.
import { Connection } from '../load/connection.ts';
import type { Address } from '../load/types.ts';
import type { Target } from '../target/target.ts';
import { probeOnce, type ProbePlace } from '../watch/probe.ts';

const LOOK_MS = 20;
const CONNECT_MS_MAX = 1_000;

export interface ReadyQuestion {
  readonly place: ProbePlace;
  /** Asked for as readiness: only 2xx and 3xx count. Else any answer below 500 does. */
  readonly isReadiness: boolean;
  /** It speaks no HTTP: a connection is enough. */
  readonly linesOnly: boolean;
  /** Whether a job is at work; null for what is no job. */
  readonly works: (() => boolean) | null;
  readonly withinMs: number;
}

/** Resolves to whether it became ready in time; gives up when the target ends or `signal` is aborted. */
export async function becomesReady(target: Target, question: ReadyQuestion, signal: AbortSignal): Promise<boolean> {
  const endAtMs = performance.now() + question.withinMs;
  while (target.end === null && !signal.aborted && performance.now() < endAtMs) {
    if (await isReadyNow(question)) return target.end === null || question.works !== null;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return false;
}

async function isReadyNow({ place, isReadiness, linesOnly, works }: ReadyQuestion): Promise<boolean> {
  if (works !== null) return works();
  if (linesOnly) return connects(place.address);
  const { status } = await probeOnce(place);
  return status !== null && status < (isReadiness ? 400 : 500);
}

function connects(address: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => connection.abandon('timeout'), CONNECT_MS_MAX);
    const connection = new Connection(address, {
      protocol: 'lines',
      slowBytes: 0,
      idle: () => {},
      connected: () => {
        resolve(true);
        connection.abandon('answered');
      },
      closed: () => {
        clearTimeout(timer);
        resolve(false);
      },
    });
  });
}
