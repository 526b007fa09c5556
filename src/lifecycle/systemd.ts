// Tells systemd how the unit is: sd_notify(3), by the program `systemd-notify`, since Node has no datagram sockets of
// the unix kind. With it the service needs NotifyAccess=all. What cannot be told is logged once, and changes nothing.
import type { Log } from './view.ts';

export interface Notifier {
  notify(...assignments: readonly string[]): void;
}

const PROGRAM = 'systemd-notify';
const PROGRAM_MS_MAX = 5_000;

/** null where nobody listens. */
export function createNotifier(environment: Readonly<Record<string, string | undefined>>, log: Log): Notifier | null {
  if (!environment['NOTIFY_SOCKET']) return null;
  let failed = false;
  const fail = (error: unknown) => {
    if (!failed) log('systemd_notify_failed', { error: String(error) });
    failed = true;
  };
  // One at a time: a later message must not overtake an earlier one.
  let last = Promise.resolve();
  return {
    notify(...assignments) {
      last = last.then(() => tell(assignments)).catch(fail);
    },
  };
}

async function tell(assignments: readonly string[]): Promise<void> {
  const { execFile } = await import('node:child_process');
  const { promisify } = await import('node:util');
  await promisify(execFile)(PROGRAM, assignments, { timeout: PROGRAM_MS_MAX });
}

/** How often WATCHDOG=1 is due, or null: half of what systemd.service(5) WatchdogSec allows, if it is meant for us. */
export function watchdogIntervalMs(
  environment: Readonly<Record<string, string | undefined>>,
  pid: number,
): number | null {
  const microseconds = Number(environment['WATCHDOG_USEC'] ?? 0);
  const meant = environment['WATCHDOG_PID'] === undefined || environment['WATCHDOG_PID'] === String(pid);
  return meant && microseconds > 0 ? microseconds / 2_000 : null;
}
