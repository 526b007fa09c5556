import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { useService } from './use.ts';

test('the Python environment of Bytewax imports it in the version that was asked for', async (t) => {
  const bytewax = await useService('bytewax', t);
  if (!bytewax) return;
  const program = 'import bytewax.dataflow, pyarrow, importlib.metadata as m; print(m.version("bytewax"))';
  assert.equal(execFileSync('python', ['-c', program], { env: bytewax.env, encoding: 'utf8' }).trim(), '0.21.1');
});
