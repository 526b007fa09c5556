// What a command finds in its environment beside what was there.

/**
 * How systemd is spoken to is for us alone: a server that says READY=1 itself would speak for a unit that is not ready
 * yet, and one that pets the watchdog would hide that we hang.
 */
const OURS = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID', 'SYSTEMD_EXEC_PID'];

/** @param control address of the unit's control socket, or null: then a socket of who is outside is not for it either */
export function commandEnvironment(environment: NodeJS.ProcessEnv, control: string | null): NodeJS.ProcessEnv {
  const own: NodeJS.ProcessEnv = { ...environment };
  for (const name of [...OURS, 'LASTCALL_CONTROL']) delete own[name];
  if (control !== null) own['LASTCALL_CONTROL'] = control;
  return own;
}
