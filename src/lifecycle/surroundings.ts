// The real surroundings of this process. `systemctl` is asked only under systemd and only once, when a unit is made:
// it takes about 10 ms, and without it a service with a short TimeoutStopSec would plan with more time than it has.
import { existsSync, readFileSync } from 'node:fs';
import type { Surroundings } from './platform.ts';

const SYSTEMCTL_MS_MAX = 1_000;

export function thisSurroundings(): Surroundings {
  return { environment: process.env, pid: process.pid, exists: existsSync, systemdTimeout };
}

function systemdTimeout(): string | null {
  const unit = systemdUnit();
  if (unit === null) return null;
  try {
    const manager = unit.user ? ['--user'] : [];
    // Loaded here only: most processes never need it, and it takes milliseconds.
    const { execFileSync } = process.getBuiltinModule('node:child_process');
    const args = [...manager, 'show', '--property=TimeoutStopUSec', '--value', unit.name];
    return execFileSync('systemctl', args, {
      encoding: 'utf8',
      timeout: SYSTEMCTL_MS_MAX,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return null;
  }
}

/** The service that this process is in, from its control group (cgroups(7)): `0::/system.slice/api.service`. */
function systemdUnit(): { readonly name: string; readonly user: boolean } | null {
  try {
    const [, path, name] =
      /^(?:0:|\d+:name=systemd):(.*\/([^/\n]+\.service))/m.exec(readFileSync('/proc/self/cgroup', 'utf8')) ?? [];
    return path === undefined || name === undefined ? null : { name, user: /\/user@\d+\.service\/./.test(path) };
  } catch {
    return null;
  }
}
