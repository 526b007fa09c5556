// How the commands of a unit end, stage by stage: they are asked to in drain, main command first, and have until the end
// of persist; what is left then is killed and proven gone in release (invariants 3 to 5).
import type { HookContext, ReleaseRecord, Unit } from '../../lifecycle/index.ts';
import { describeRef } from '../ownership/process-ref.ts';
import type { Commands } from './commands.ts';
import { extendWhenTouched } from './extend-file.ts';
import { ask, type AskedProbe } from './probe/ask.ts';
import type { Supervised } from './supervised.ts';

/** Name of the hook that ends the main command. */
export const COMMAND_HOOK = 'command';

/** So long before drain's limit a command that is still saving goes over into persist. */
const HAND_OVER_MS = 20;
/** Of release's time, what is kept for the report. */
const REPORT_MS = 100;
const DRAIN_LOOK_MS = 250;
const PORT_LOOK_MS = 20;
const DRAIN_ANSWER_MS_MAX = 2_000;

/** @param extendFile touching it asks for more time; or null */
export function addEnding(unit: Unit, commands: Commands, extendFile: string | null): void {
  const chain = commands.inOrder;
  for (const [index, command] of chain.entries()) {
    // "Depends on" runs before: each ends before the one that was started before it.
    const next = chain[index + 1];
    const options = { dependsOn: next ? [hookName(next, commands)] : [] };
    const name = hookName(command, commands);
    unit.onDrain(name, (context) => askToEnd(command, context, extendFile), options);
    unit.onPersist(name, (context) => waitFor(command, unit, context, extendFile), options);
  }
  unit.onRelease('processes', async (context) => unit.released(await release(commands, context)));
  let signals = 0;
  unit.on((event) => {
    if (event.event !== 'signal' || !event.counted || event.instance !== unit.instance) return;
    signals++;
    if (signals === 2) for (const command of chain) command.hurryIfAsked();
    // Before the report of a third one is written.
    if (signals > 2) commands.killNow();
  });
}

function hookName(command: Supervised, commands: Commands): string {
  return command === commands.main ? COMMAND_HOOK : `companion:${command.spec.name}`;
}

/** Asks a command to end. If it takes longer than drain may, persist goes on waiting: it may be saving. */
async function askToEnd(command: Supervised, context: HookContext, extendFile: string | null): Promise<void> {
  const over = new AbortController();
  const touched = extendWhenTouched(extendFile, context);
  try {
    const stopped = command.stop(AbortSignal.any([context.signal, over.signal]));
    await Promise.race([stopped, handOver(context, over.signal)]);
  } finally {
    over.abort();
    touched();
  }
}

/** Settles shortly before the limit, wherever a lease has moved that by then. */
async function handOver(context: HookContext, over: AbortSignal): Promise<void> {
  for (let leftMs = context.remainingMs(); leftMs > HAND_OVER_MS && !over.aborted; leftMs = context.remainingMs()) {
    await pause(Math.max(1, leftMs - HAND_OVER_MS), over);
  }
}

async function waitFor(
  command: Supervised,
  unit: Unit,
  context: HookContext,
  extendFile: string | null,
): Promise<void> {
  const touched = extendWhenTouched(extendFile, context);
  try {
    await command.stop(context.signal);
  } finally {
    touched();
  }
  if (command.over) return;
  unit.workKilled();
  throw new Error(`${command.spec.name} did not end in its time`);
}

async function release(commands: Commands, context: HookContext): Promise<ReleaseRecord> {
  const trees = commands.inOrder.flatMap((command) => command.trees);
  const boundMs = Math.max(1, context.remainingMs() - REPORT_MS);
  const proofs = await Promise.all(trees.map((tree) => tree.end(boundMs)));
  const survivors = proofs.flatMap((proof) => proof.survivors.map(describeRef));
  const proven = proofs.some((proof) => proof.proven === false)
    ? false
    : proofs.some((proof) => proof.proven === 'swept')
      ? 'swept'
      : true;
  const ended = trees.reduce((sum, tree) => sum + tree.endedCount, 0);
  const answering = await untilSilent(commands, context);
  return {
    proven: answering.length > 0 ? false : proven,
    processes: { ended, survivors },
    gpus: [],
    ports: [],
    quarantined: answering.map((port) => `port ${port} still answers`),
  };
}

/** A port that still answers is not released, whoever it is that answers. */
async function untilSilent(commands: Commands, context: HookContext): Promise<readonly number[]> {
  for (;;) {
    const answering = await commands.stillAnswering();
    if (answering.length === 0 || context.signal.aborted || context.remainingMs() < 2 * REPORT_MS) return answering;
    await pause(PORT_LOOK_MS, context.signal);
  }
}

/** A drain hook that waits until somebody says that nothing is in flight any more. */
export function addDrainUntil(unit: Unit, probe: AskedProbe, environment: NodeJS.ProcessEnv): void {
  unit.onDrain(
    'drain-until',
    async ({ signal }) => {
      let said = 'nothing';
      while (!signal.aborted) {
        const answer = await ask(probe, environment, DRAIN_ANSWER_MS_MAX);
        if (answer.well) return;
        ({ said } = answer);
        await pause(DRAIN_LOOK_MS, signal);
      }
      throw new Error(`not drained in its time; the last answer was: ${said}`);
    },
    { dependsOn: [COMMAND_HOOK] },
  );
}

function pause(ms: number, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      clearTimeout(timer);
      over.removeEventListener('abort', settle);
      resolve();
    };
    const timer = setTimeout(settle, ms);
    over.addEventListener('abort', settle);
    if (over.aborted) settle();
  });
}
