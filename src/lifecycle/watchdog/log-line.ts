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
    write(`${JSON.stringify(line)}\n`);
  } catch {
    // The report is on disk; this line was for whoever watches.
  }
}

function write(text: string): void {
  let file: number;
  try {
    file = openSync('/proc/self/fd/2', constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK);
  } catch {
    // A socket cannot be opened again; Node has made it non-blocking when the first line was logged.
    writeSync(2, text);
    return;
  }
  try {
    writeSync(file, text);
  } finally {
    closeSync(file);
  }
}
