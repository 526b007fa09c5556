// How this machine can hold a process tree together. Asked once a run; the best that works is used.
import { spawnSync } from 'node:child_process';

export interface Containment {
  /** `namespace`: the kernel ends the whole tree. `group`: a process group, and a sweep for what left it. */
  kind: 'namespace' | 'group';
  /** What a command is prefixed with. */
  prefix: readonly string[];
}

const UNSHARE = ['--pid', '--fork', '--kill-child=KILL', '--mount-proc'];

/** From best to worst: as root; as anybody where user namespaces are allowed, keeping one's user id. */
const NAMESPACES: readonly (readonly string[])[] = [
  ['unshare', ...UNSHARE],
  ['unshare', '--user', '--map-current-user', ...UNSHARE],
];

let known: Containment | undefined;

export function containment(): Containment {
  known ??= probe();
  return known;
}

function probe(): Containment {
  if (process.platform === 'linux') {
    for (const prefix of NAMESPACES) {
      const [command = '', ...args] = prefix;
      if (spawnSync(command, [...args, 'true'], { stdio: 'ignore', timeout: 5_000 }).status === 0) {
        return { kind: 'namespace', prefix };
      }
    }
  }
  return { kind: 'group', prefix: [] };
}
