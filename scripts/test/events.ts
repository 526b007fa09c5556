// What a test file tells while it runs (written by events-reporter.ts), and what that adds up to.

/** Environment variable that names the file of events. */
export const EVENTS_FILE = 'TEST_EVENTS_FILE';

export type TestEvent =
  | { type: 'begun'; id: number; parent: number; name: string }
  | { type: 'passed'; id: number }
  | { type: 'failed'; id: number; error: string }
  | { type: 'skipped'; id: number; reason: string }
  /** A `describe`; it counts only by an error of its own, such as one thrown by a hook. */
  | { type: 'suite'; id: number; error: string }
  | { type: 'over' };

export interface Failure {
  name: string;
  error: string;
}

export interface Tally {
  passed: number;
  failures: Failure[];
  skips: { name: string; reason: string }[];
  /** Tests that began and never ended. */
  unfinished: string[];
  /** The file came to its end. */
  over: boolean;
}

/** @param text lines of JSON; a last line that was cut off is left out */
export function parseEvents(text: string): TestEvent[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as TestEvent);
}

export function tally(events: readonly TestEvent[]): Tally {
  const result: Tally = { passed: 0, failures: [], skips: [], unfinished: [], over: false };
  const open = new Map<number, { name: string; parent: number }>();
  const names = new Map<number, string>();
  for (const event of events) {
    switch (event.type) {
      case 'begun': {
        const outer = names.get(event.parent);
        const name = outer === undefined ? event.name : `${outer} > ${event.name}`;
        names.set(event.id, name);
        open.set(event.id, { name, parent: event.parent });
        continue;
      }
      case 'passed':
        result.passed++;
        break;
      case 'failed':
      case 'suite':
        // Without an error of its own it failed by a subtest, which is counted itself.
        if (event.error !== '') result.failures.push({ name: names.get(event.id) ?? 'unnamed', error: event.error });
        break;
      case 'skipped':
        result.skips.push({ name: names.get(event.id) ?? 'unnamed', reason: event.reason });
        break;
      case 'over':
        result.over = true;
        continue;
    }
    open.delete(event.id);
  }
  const parents = new Set([...open.values()].map(({ parent }) => parent));
  result.unfinished = [...open].filter(([id]) => !parents.has(id)).map(([, { name }]) => name);
  return result;
}
