// `lastcall run`: a command as a unit. This file puts it together; what a command is asked when is in ending.ts, how it is
// started in commands.ts, and who owns its tree in ../ownership.
import { constants } from 'node:os';
import { LastcallError } from '../../base/errors.ts';
import { type Report, type Unit, unit as makeUnit } from '../../lifecycle/index.ts';
import { answers } from '../../lifecycle/control/claim.ts';
import { findSocket } from '../../lifecycle/control/path.ts';
import { openStateDir } from '../../lifecycle/state-dir.ts';
import { childExtension, type ChildSide } from './child-port.ts';
import { Commands } from './commands.ts';
import { addDrainUntil, addEnding } from './ending.ts';
import { joinFront } from './join-front.ts';
import { endLeftovers } from './leftovers.ts';
import type { Plan } from './plan.ts';
import { checkCommand } from './resolve-command.ts';
import { storeIdOf } from './store-id.ts';

/** Signals that end nothing here; a command may use them for what it likes. */
const PASSED_ON: readonly NodeJS.Signals[] = ['SIGUSR1', 'SIGUSR2'];
const SIGNAL_BASE = 128;

/**
 * Runs the plan to its end.
 * @throws LastcallError before anything is started: the command cannot be run, the name is taken, the directory is unusable
 */
export async function runPlan(plan: Plan): Promise<Report> {
  for (const { argv } of [plan.main, ...plan.companions]) checkCommand(argv[0], plan.environment['PATH']);
  const wanted = plan.unit.stateDir ?? (plan.environment['LASTCALL_STATE_DIR'] || null);
  const { path: stateDir } = openStateDir({ wanted, environment: plan.environment });
  const name = stateDir === null ? plan.name : await freeName(stateDir, plan);
  const unit = makeUnit(name, plan.unit);
  const commands = new Commands(plan, unit, stateDir, storeIdOf(stateDir));
  addEnding(unit, commands, plan.extendFile);
  const child = childExtension(unit, commands, plan.front === null);
  unit.extension(child.extension);
  await addOptions(plan, unit, commands);
  void followMain(unit, commands, plan, child);
  for (const companion of commands.companions) void followCompanion(unit, companion, plan);
  for (const signal of PASSED_ON) process.on(signal, () => commands.main.current?.signal(signal));
  void start(plan, unit, commands, stateDir);
  return unit.ended;
}

/** A name that was chosen belongs to one unit at a time; one that was made up gets a number. */
async function freeName(stateDir: string, { name, nameGiven }: Plan): Promise<string> {
  if (!(await answers(await findSocket(stateDir, name)))) return name;
  if (!nameGiven) return `${name}-${process.pid}`;
  throw new LastcallError('fenced', {
    what: 'a unit of this name is running already',
    on: name,
    todo: `Stop it (lastcall stop ${name}), or give this one another --name.`,
  });
}

/** What only some runs need is loaded only for them. */
async function addOptions(plan: Plan, unit: Unit, commands: Commands): Promise<void> {
  if (plan.drainUntil) addDrainUntil(unit, plan.drainUntil, commands.environment);
  if (plan.deregister.length > 0) {
    const { deregister } = await import('./deregister/deregistration.ts');
    for (const [index, what] of plan.deregister.entries()) {
      unit.onAnnounce(`deregister ${index + 1}: ${what.name}`, ({ signal }) =>
        deregister(what, commands.environment, signal),
      );
    }
  }
  const { notice, onExit } = plan;
  if (notice) {
    const { BASES, watchNotices } = await import('./notices/watch.ts');
    const bases = { ...BASES, ...basesOf(plan.environment) };
    const log = (event: string, fields: Readonly<Record<string, unknown>>) => unit.log(event, fields);
    void watchNotices(notice, { bases, over: unit.stopRequested, log }).then((found) => {
      if (found) unit.notice(found.deadlineMs, found.provider);
    });
  }
  if (onExit) {
    const { tellOnExit } = await import('./on-exit.ts');
    unit.onReported((report, path, boundMs) => tellOnExit(onExit, report, path, plan.environment, boundMs));
  }
}

/** As the clouds' own tools name them. */
function basesOf(environment: NodeJS.ProcessEnv): Partial<Record<'aws' | 'gcp', string>> {
  const { AWS_EC2_METADATA_SERVICE_ENDPOINT: aws, GCE_METADATA_HOST: gcp } = environment;
  return {
    ...(aws ? { aws: aws.replace(/\/$/, '') } : {}),
    ...(gcp ? { gcp: gcp.includes('://') ? gcp : `http://${gcp}` } : {}),
  };
}

async function start(plan: Plan, unit: Unit, commands: Commands, stateDir: string | null): Promise<void> {
  try {
    commands.control = await unit.control;
    if (stateDir !== null) await clearWay(unit, stateDir);
    if (plan.appPort !== null) {
      const { refuseTakenPort } = await import('./port-holder.ts');
      refuseTakenPort(plan.appPort, '--app-port');
    }
    if (plan.front) await joinFront(plan.front, unit, commands);
    else if (isServer(plan)) unit.listening();
    await commands.start();
    if (!unit.stopRequested.aborted) await unit.ready();
  } catch (error) {
    // Its end is told by its code, and a stop is no failure.
    if (error instanceof LastcallError && error.code === 'cancelled') return;
    void unit.fail(error);
  }
}

/** Somebody may be sending requests to it, so announce is not skipped. */
function isServer({ appPort, main }: Plan): boolean {
  return appPort !== null || main.ready?.kind === 'http' || main.ready?.kind === 'tcp';
}

async function clearWay(unit: Unit, stateDir: string): Promise<void> {
  const { ended, left } = await endLeftovers(storeIdOf(stateDir), unit.name);
  if (ended.length + left.length > 0) {
    const named = (refs: typeof ended) => refs.map(({ pid, command }) => `${pid} ${command}`);
    unit.log('leftovers_ended', { ended: named(ended), left: named(left) });
  }
}

/** Its end is the end of the work; what it means depends on whether it was asked for. */
async function followMain(unit: Unit, commands: Commands, plan: Plan, child: ChildSide): Promise<void> {
  const { main } = commands;
  const code = await main.ended;
  await Promise.all(commands.passing);
  unit.log('command_ended', { name: main.spec.name, code });
  child.settleRest();
  if (code === SIGNAL_BASE + constants.signals.SIGKILL && commands.wasKilledAtDeadline()) unit.workKilled();
  const asked = unit.stopRequested.aborted;
  const well = main.complete || (asked && isEndWeAskedFor(code, plan));
  void unit.complete(well ? 0 : code);
}

async function followCompanion(unit: Unit, companion: Commands['main'], plan: Plan): Promise<void> {
  const code = await companion.ended;
  if (unit.stopRequested.aborted) return;
  const { name } = companion.spec;
  unit.log('companion_ended', { name, code });
  if (plan.companionDeath === 'report') return;
  void unit.fail(
    new LastcallError('dependency', {
      what: `it ended with ${code}`,
      on: `companion ${name}`,
      todo: 'Read what it printed; --with-death report would go on without it.',
    }),
  );
}

/** 0, or ended by a signal that we sent (lifecycle.md, "Outcome and exit code"). */
function isEndWeAskedFor(code: number, { main }: Plan): boolean {
  const { signal, then } = main.stop;
  return [signal, then?.signal].some((name) => name && code === SIGNAL_BASE + constants.signals[name]);
}
