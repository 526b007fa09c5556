// Where this process runs, and what that place allows an ending to take. Everything that is looked at comes in as a
// value (`Surroundings`), so the rules are tested without being there. What is told wins over what is found.
import { durationMs } from '../base/duration.ts';
import type { Platform } from './core/budget.ts';

/** What of its surroundings a process may look at. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  exists(path: string): boolean;
  /** Output of `systemctl show` for the service that this process belongs to, or null if it cannot be had cheaply. */
  systemdTimeout(): string | null;
}

/** Files that container engines put into their containers. */
const CONTAINER_MARKS = ['/.dockerenv', '/run/.containerenv'];

/** @throws LastcallError `usage` if LASTCALL_GRACE or LASTCALL_PRESTOP is not a duration */
export function detectPlatform(surroundings: Surroundings): Platform {
  const { environment } = surroundings;
  const graceMs = told(environment, 'LASTCALL_GRACE');
  if (environment['KUBERNETES_SERVICE_HOST']) {
    return { kind: 'kubernetes', graceMs, preStopMs: told(environment, 'LASTCALL_PRESTOP') ?? 0 };
  }
  if (isSystemdService(surroundings)) {
    return { kind: 'systemd', graceMs: graceMs ?? parseSystemdTime(surroundings.systemdTimeout()) };
  }
  if (environment['container'] || CONTAINER_MARKS.some((path) => surroundings.exists(path))) {
    return { kind: 'container', graceMs };
  }
  return { kind: 'none' };
}

/**
 * Whether systemd started this very process and waits for its end. INVOCATION_ID alone does not tell: every terminal
 * under a systemd session has one. SYSTEMD_EXEC_PID names the process that the variables are meant for.
 */
function isSystemdService({ environment, pid }: Surroundings): boolean {
  if (environment['SYSTEMD_EXEC_PID'] !== undefined) return environment['SYSTEMD_EXEC_PID'] === String(pid);
  return Boolean(environment['NOTIFY_SOCKET']);
}

function told(environment: Surroundings['environment'], name: string): number | null {
  const text = environment[name];
  return text ? durationMs(text, name) : null;
}

const SYSTEMD_UNITS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** systemd's way to write a time, such as `1min 30s`; null for what is not one, and for `infinity`. See systemd.time(7). */
export function parseSystemdTime(text: string | null): number | null {
  const words = text?.trim().split(/\s+/) ?? [];
  let totalMs = 0;
  for (const word of words) {
    const [, count, unit] = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(word) ?? [];
    const unitMs = unit === undefined ? undefined : SYSTEMD_UNITS[unit];
    if (unitMs === undefined) return null;
    totalMs += Number(count) * unitMs;
  }
  return words.length === 0 ? null : totalMs;
}
