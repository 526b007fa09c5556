// What the commands of a unit tell it over the socket in LASTCALL_CONTROL, and what the unit shows of them.
import { isId, newId } from '../../base/id.ts';
import { systemClock } from '../../base/clock.ts';
import { type ChildProgress, childRoutes } from '../../lifecycle/control/child.ts';
import type { Unit, UnitExtension } from '../../lifecycle/index.ts';
import type { Commands } from './commands.ts';

export interface ChildSide {
  readonly extension: UnitExtension;
  /** The command has ended: what it never told the end of is lost. */
  settleRest(): void;
}

/** @param accounts whether the command counts its own work; with a front door that does, nothing is counted twice */
export function childExtension(unit: Unit, commands: Commands, accounts: boolean): ChildSide {
  let inFlight = 0;
  let progress: ChildProgress | null = null;
  const { main } = commands;
  const routes = childRoutes({
    ready: () => main.saidReady(),
    work({ accepted, finished, returned, lost }) {
      if (!accounts) return;
      unit.work.acceptMany(accepted);
      unit.work.finishMany(finished);
      unit.work.giveBackMany(returned);
      unit.work.loseMany(lost);
      inFlight = unit.work.inFlight;
    },
    progress: (told) => (progress = told),
    checkpointed: ({ path, hash }) =>
      unit.checkpointed({
        id: isId('ckpt', hash) ? hash : newId('ckpt', systemClock.wallMs()),
        verified: false,
        stepsBack: 0,
        position: { path, hash },
      }),
    complete: () => (main.complete = true),
  });
  const extension: UnitExtension = {
    routes,
    status: () => ({
      command: main.spec.argv.join(' '),
      commandPid: main.current?.pid ?? null,
      owned: main.current?.tree.rung ?? null,
      starts: main.attempts,
      ...(progress?.fraction === undefined ? {} : { progress: progress.fraction }),
      ...progress?.metrics,
      ...Object.fromEntries(
        commands.companions.map((companion) => [
          `companion ${companion.spec.name}`,
          companion.over ? 'ended' : companion.current ? `runs as ${companion.current.pid}` : 'not started',
        ]),
      ),
    }),
  };
  const settleRest = () => {
    if (inFlight > 0) unit.work.loseMany(inFlight);
    inFlight = 0;
  };
  return { extension, settleRest };
}
