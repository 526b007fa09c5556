import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { LastcallError } from '../errors.ts';
import { claimFile, claimFileSync } from './claim.ts';
import { systemFiles } from './system-files.ts';
import { contentOf, patternedText } from './testing/disk-content.ts';
import { failingOnce, observedFiles } from './testing/observed-files.ts';
import { powerLossTrials } from './testing/power-loss.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

const CLAIM = patternedText('mine', 2_000);

test('the first claim wins, private and whole, and the second learns that it is taken', async (context) => {
  const directory = temporaryDirectory(context);
  const path = join(directory, 'claim');
  assert.equal(claimFileSync(path, 'first'), true);
  assert.equal(await claimFile(path, 'second'), false);
  assert.equal(claimFileSync(path, 'third'), false);
  assert.equal(fs.readFileSync(path, 'utf8'), 'first');
  assert.equal(fs.statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(fs.readdirSync(directory), ['claim']);
});

test('of many processes that claim at once exactly one wins', async (context) => {
  const path = join(temporaryDirectory(context), 'claim');
  const program = `
    import { claimFileSync } from ${JSON.stringify(import.meta.resolve('./claim.ts'))};
    console.log(claimFileSync(process.argv[1], String(process.pid)) ? process.pid : 0);
  `;
  const run = async (): Promise<string> => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, path]);
    return stdout.trim();
  };
  const answers = await Promise.all(Array.from({ length: 6 }, run));
  const winners = answers.filter((answer) => answer !== '0');
  assert.deepEqual(winners, [fs.readFileSync(path, 'utf8')]);
});

test('whichever step fails, there is no half claim and no temporary file', (context) => {
  const directory = temporaryDirectory(context);
  const path = join(directory, 'claim');
  const counted = observedFiles(systemFiles, () => {});
  claimFileSync(path, CLAIM, counted);
  for (let step = 1; step <= counted.steps; step++) {
    fs.rmSync(path, { force: true });
    const files = failingOnce(systemFiles, step, 'EIO');
    let won = false;
    try {
      won = claimFileSync(path, CLAIM, files);
    } catch (error) {
      assert.ok(error instanceof LastcallError && error.code === 'io', `step ${step}`);
    }
    const content = fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : null;
    assert.ok(won ? content === CLAIM : content === null || content === CLAIM, `step ${step}`);
    // A failed unlink of the temporary name is the one thing that a claim may leave; `removeLeftovers` sweeps it.
    const left = fs.readdirSync(directory).filter((name) => name !== 'claim');
    assert.ok(left.length === 0 || won, `step ${step}: ${left}`);
    for (const name of left) fs.rmSync(join(directory, name));
  }
});

test('a claim survives power loss once it was won, and is never half', async (context) => {
  const trials = await powerLossTrials(120, {
    prepare: () => {},
    act: (disk) => void claimFileSync('/claim', CLAIM, disk),
    check: (disk, { returned }) => {
      const content = contentOf(disk, '/claim');
      assert.ok(content === CLAIM || (content === null && !returned));
    },
  });
  context.diagnostic(`${trials} power losses`);
});
