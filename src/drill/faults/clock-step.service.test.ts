import { join } from 'node:path';
import { test } from 'node:test';
import { useService } from '../../../scripts/services/use.ts';
import { possible, says, tries } from './testing/tries.ts';

test('clock-step: the wall clock is an hour ahead, and monotonic time is not', async (t) => {
  const faketime = await useService('faketime', t);
  if (!faketime) return;
  const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  process.env['LIBFAKETIME'] = join(faketime.folder, 'usr', 'lib', triplet, 'faketime', 'libfaketimeMT.so.1');
  const fault = possible(t, 'clock-step');
  if (!fault) return;
  const code = `const wall = Date.now(); const from = performance.now(); setInterval(() => say(performance.now() - from > 600_000 ? 'monotonic' : Date.now() - wall > 3_000_000 ? 'later' : 'now'), 20)`;
  const { target, place } = tries(t, fault, code);
  await says(target, 'now');
  fault.begin(place);
  await says(target, 'later');
});
