// The first example of docs/lifecycle.md does what the page says.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { Program } from './testing/program.ts';

test('the example that opens docs/lifecycle.md ends well on SIGTERM', async (t) => {
  const page = readFileSync(new URL('../../docs/lifecycle.md', import.meta.url), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(page)?.[1]?.replace(/^import .*\n/, '');
  assert.ok(example, 'the page opens with an example');
  const program = new Program(
    t,
    `
    const finishBatch = async () => say('batch finished');
    const saveModel = async (signal) => say('model saved, aborted: ' + signal.aborted);
    live();
    ${example}
    say('ready');
  `,
  );
  await program.says('ready');
  program.signal('SIGTERM');
  assert.deepEqual(await program.ended, { code: 0, signal: null });
  assert.deepEqual(program.said, ['ready', 'batch finished', 'model saved, aborted: false']);
  assert.equal(program.report().unit.name, 'train-churn');
});
