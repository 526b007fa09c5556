// The target's wall clock jumps an hour ahead while it runs, through libfaketime (https://github.com/wolfcw/libfaketime),
// which reads the offset from a file. Timers that count monotonic time are not moved, as with a real step.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from './fault.ts';

const PLACES = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1',
];

function library(): string | undefined {
  return [process.env['LIBFAKETIME'] ?? '', ...PLACES].find((path) => path !== '' && existsSync(path));
}

export const clockStep: Fault = {
  needs: { command: true },
  impossible: () =>
    library() === undefined ? 'libfaketime is not installed (Debian: libfaketime; LIBFAKETIME may name the .so)' : null,
  launch(directory) {
    const file = join(directory, 'clock');
    writeFileSync(file, '+0\n');
    const environment = {
      LD_PRELOAD: library()!,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      DONT_FAKE_MONOTONIC: '1',
    };
    return { through: [], environment: { ...environment, FAKETIME_DONT_FAKE_MONOTONIC: '1' } };
  },
  begin({ directory }) {
    writeFileSync(join(directory, 'clock'), '+3600\n');
    return () => {};
  },
};
