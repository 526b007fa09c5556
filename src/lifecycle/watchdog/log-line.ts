// A log line from the watchdog's thread, straight to stderr: the main thread, which owns the stream, may be blocked.
// Opened anew and without blocking, since a reader that stands still must not stop the watchdog.
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { rfc3339 } from '../../base/clock.ts';
import type { UnitIdentity } from '../report.ts';

export function logLine(event: string, unit: UnitIdentity, fields: Readonly<Record<string, unknown>>): void {
  // Elsewhere than on Linux, opening /dev/stderr shares the blocking mode of the stream.
  if (process.platform !== 'linux') return;
  const line = { time: rfc3339(Date.now()), event, unit: unit.name, instance: unit.instance, ...fields };
  try {
    const file = openSync('/proc/self/fd/2', constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK);
    try {
      writeSync(file, `${JSON.stringify(line)}\n`);
    } finally {
      closeSync(file);
    }
  } catch {
    // The report is on disk; this line was for whoever watches.
  }
}
