// Puts a front before the main command (`--listen`): loaded, with all that it needs, only where somebody wants one.
import type { Unit } from '../../lifecycle/index.ts';
import { type FrontOptions, startFront } from '../front/front.ts';
import type { Commands } from './commands.ts';
import { COMMAND_HOOK } from './ending.ts';
import type { FrontPlan } from './plan.ts';

/** @throws LastcallError `usage` for an address that is none, `io` if it cannot be had */
export async function joinFront(
  { listen, app, taskLog, more }: FrontPlan,
  unit: Unit,
  commands: Commands,
): Promise<void> {
  const options: FrontOptions = {
    listen,
    app,
    // The command serves until nothing is in flight any more.
    drainsBefore: [COMMAND_HOOK],
    ...(taskLog === null ? {} : { taskLog }),
    ...more,
  };
  const front = await startFront(unit, options);
  commands.front = front;
  unit.log('front_listening', { listen, ports: front.ports, app });
}
