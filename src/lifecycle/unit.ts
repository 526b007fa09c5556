// `unit(name, options)`: the lifecycle for one program. The rules are in core.ts; unit/ carries them out.
import { existsSync } from 'node:fs';
import { systemClock } from '../base/clock.ts';
import { LastcallError } from '../base/errors.ts';
import { detectPlatform } from './platform.ts';
import { thisSurroundings } from './surroundings.ts';
import type { Unit, UnitOptions } from './types.ts';
import { identify } from './unit/identity.ts';
import { UnitNode } from './unit/node.ts';
import { resolveOptions } from './unit/options.ts';
import { loadRoot } from './unit/load-root.ts';

const TERMINATION_LOG = '/dev/termination-log';
/** The name is part of file names and metric labels. */
const NAME_LENGTH_MAX = 200;

/**
 * Makes a unit: something that can be asked to end, and then ends in stages, within its budget, with a report.
 * By default it owns the process: it handles SIGTERM, SIGINT, SIGHUP, SIGQUIT and uncaught errors from now on, and the
 * process exits with the report's exit code when all its units are over.
 * @param name what people call it; `lastcall stop NAME`
 * @throws LastcallError `usage` for an option that cannot be used, and on Windows
 */
export function unit(name: string, options: UnitOptions = {}): Unit {
  refuseWindows();
  if (typeof name !== 'string' || name === '' || name.length > NAME_LENGTH_MAX) {
    throw new LastcallError('usage', {
      what: `a unit's name has 1 to ${NAME_LENGTH_MAX} characters`,
      on: JSON.stringify(name),
      todo: 'Give it a name such as predict-api.',
    });
  }
  const surroundings = thisSurroundings();
  const { environment } = surroundings;
  const platform = detectPlatform(surroundings);
  const settings = resolveOptions(options, environment, platform);
  const clock = systemClock;
  const identity = identify(settings.kind, name, clock);
  const inKubernetes = platform.kind === 'kubernetes' && existsSync(TERMINATION_LOG);
  // Threads get no signals, and cannot end the process in order.
  const ownsProcess = settings.ownsProcess && process.getBuiltinModule('node:worker_threads').isMainThread;
  const { RootPlace } = loadRoot();
  const place = new RootPlace({
    identity,
    settings: { ...settings, ownsProcess },
    environment,
    terminationLog: inKubernetes ? TERMINATION_LOG : null,
    clock,
  });
  return new UnitNode({ identity, workOf: settings.workOf, config: settings.config, clock, place });
}

function refuseWindows(): void {
  if (process.platform !== 'win32') return;
  throw new LastcallError('usage', {
    what: 'Lastcall does not run on Windows, which has no signals to ask a process to end',
    todo: 'Run it on Linux or macOS, or under WSL 2.',
  });
}
