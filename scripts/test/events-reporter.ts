// A node:test reporter for our runner: one JSON object a line for each thing that matters. It writes them at once into
// the file that the environment names, so that they are there when the process is killed or leaves early.
import { appendFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { EVENTS_FILE, type TestEvent } from './events.ts';

interface NodeTestEvent {
  type: string;
  data: {
    name?: string;
    testId?: number;
    parentId?: number;
    skip?: string | boolean;
    todo?: string | boolean;
    details?: { type?: string; error?: Error & { failureType?: string } };
  };
}

export default async function* report(source: AsyncIterable<NodeTestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    const line = translate(event);
    if (line) appendFileSync(process.env[EVENTS_FILE] ?? '', `${JSON.stringify(line)}\n`);
    yield ''; // nothing for the reporter's own destination
  }
}

function translate({ type, data }: NodeTestEvent): TestEvent | undefined {
  const { name = '', testId: id = 0, parentId: parent = 0, details } = data;
  switch (type) {
    case 'test:dequeue':
      return { type: 'begun', id, parent, name };
    case 'test:pass':
    case 'test:fail': {
      const skip = data.skip ?? data.todo;
      if (skip !== undefined && skip !== false) {
        return { type: 'skipped', id, reason: typeof skip === 'string' && skip !== '' ? skip : 'no reason given' };
      }
      if (details?.type === 'suite') return { type: 'suite', id, error: errorText(details.error) };
      return type === 'test:pass' ? { type: 'passed', id } : { type: 'failed', id, error: errorText(details?.error) };
    }
    case 'test:summary':
      return { type: 'over' };
    default:
      return undefined;
  }
}

/** What a person needs of an error: not that a subtest failed, which is told of the subtest itself. */
function errorText(error: (Error & { failureType?: string }) | undefined): string {
  if (!error || error.failureType === 'subtestsFailed') return '';
  const cause = error.cause ?? error;
  const text = typeof cause === 'string' ? cause : inspect(cause, { depth: 4 });
  const lines = text.split('\n').filter((line) => !/^\s+at .*\(?node:/.test(line));
  return lines.join('\n').slice(0, 6_000);
}
