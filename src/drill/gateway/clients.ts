// The clients of one trial: repeatable requests, uploads that must not be repeated, and streams. What each saw is kept.
import type { Random } from '../../base/random.ts';
import { chance, pick, spread } from '../sim/lifecycle/draw.ts';

export type Kind = 'get' | 'post' | 'stream';

export interface Seen {
  readonly id: string;
  readonly kind: Kind;
  /**
   * answered: whole, 200 · said: not served, and told so (a problem, an event) · silent: broken without a word ·
   * refused: 503 with Retry-After.
   */
  readonly end: 'answered' | 'said' | 'refused' | 'silent';
  readonly detail: string;
}

export function drawKind(random: Random): Kind {
  return pick(random, ['get', 'get', 'get', 'post', 'stream'] as const);
}

export async function ask(url: string, id: string, kind: Kind, random: Random, stop: AbortSignal): Promise<Seen> {
  const headers = { 'x-drill-id': id, 'x-user': `user-${random.below(100)}` };
  const slowMs = chance(random, 0.3) ? spread(random, 400) : random.below(20);
  try {
    if (kind === 'stream') return await follow(url, id, headers, random, stop);
    const answer = await fetch(`${url}/x?ms=${slowMs}`, {
      method: kind === 'post' ? 'POST' : 'GET',
      headers,
      ...(kind === 'post' ? { body: 'x'.repeat(random.below(2_000)) } : {}),
    });
    const text = await answer.text();
    if (answer.status === 200) return { id, kind, end: 'answered', detail: '' };
    return {
      id,
      kind,
      end: answer.headers.has('retry-after') ? 'refused' : 'said',
      detail: `${answer.status} ${text.trim()}`,
    };
  } catch (error) {
    return { id, kind, end: 'silent', detail: describe(error) };
  }
}

async function follow(
  url: string,
  id: string,
  headers: Record<string, string>,
  random: Random,
  stop: AbortSignal,
): Promise<Seen> {
  const events = 5 + random.below(60);
  const answer = await fetch(`${url}/stream?events=${events}&every=5`, { headers, signal: stop });
  const text = await answer.text();
  if (answer.status !== 200) {
    return {
      id,
      kind: 'stream',
      end: answer.headers.has('retry-after') ? 'refused' : 'said',
      detail: `${answer.status} ${text.trim()}`,
    };
  }
  if (text.split('data: {"version"').length - 1 === events) return { id, kind: 'stream', end: 'answered', detail: '' };
  const says = /event: error\ndata: \{/.test(text);
  return { id, kind: 'stream', end: says ? 'said' : 'silent', detail: text.slice(-200) };
}

function describe(error: unknown): string {
  const cause = (error as { cause?: unknown }).cause;
  return cause instanceof Error ? cause.message : String(error);
}
