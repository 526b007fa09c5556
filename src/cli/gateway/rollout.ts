// Roll-outs from the command line: started, steered, shown.
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../base/clock.ts';
import { LastcallError } from '../../base/errors.ts';
import { loadAnalysis } from '../../gateway/index.ts';
import type { Settings } from '../command.ts';
import type { Output } from '../output.ts';
import { progressLine } from '../progress.ts';
import { oneLine, table } from '../text.ts';
import { part, withGateway } from './options.ts';

interface RolloutShown {
  readonly id: string;
  readonly model: string;
  readonly to: string;
  readonly phase: 'running' | 'paused' | 'completed' | 'aborted' | 'undone';
  readonly reason: string;
  readonly step: number;
  readonly stepsTotal: number;
  readonly weight: number;
  readonly analysis: { success: number; failure: number; inconclusive: number; error: number } | null;
  readonly latest: readonly { query: string; verdict: string; value: number | null; note: string | null }[];
  readonly keepUntil: string | null;
}

export interface StartOptions {
  readonly to: string | undefined;
  readonly steps: string | undefined;
  readonly every: number | undefined;
  readonly analysis: string | undefined;
  readonly keep: number | undefined;
  readonly gateway: string | undefined;
}

const LOOK_MS = 250;

export async function startRollout(
  model: string,
  options: StartOptions,
  settings: Settings,
  output: Output,
): Promise<number> {
  const { to, steps, every, analysis, keep, gateway } = options;
  if (to === undefined)
    throw new LastcallError('usage', {
      what: 'the version is missing',
      on: '--to',
      todo: 'Name the version that takes over.',
    });
  const body = {
    model,
    to,
    ...(steps === undefined ? {} : { steps: parseSteps(steps) }),
    ...(every === undefined ? {} : { everyMs: every }),
    ...(keep === undefined ? {} : { keepMs: keep }),
    ...(analysis === undefined ? {} : { analysis: asWritten(await loadAnalysis(resolve(analysis), process.cwd())) }),
  };
  const started = (await withGateway(gateway, settings, (client) =>
    client.send('POST', '/v1/rollouts', body),
  )) as RolloutShown;
  output.result(started, () => renderRollout(started));
  return 0;
}

function parseSteps(text: string): number[] {
  const steps = text
    .split(',')
    .map((step) => (/^\s*\d+(\.\d+)?\s*%?\s*$/.test(step) ? Number.parseFloat(step) : Number.NaN));
  if (steps.every((step) => step >= 0 && step <= 100)) return steps;
  throw new LastcallError('usage', {
    what: `${JSON.stringify(text)} is no list of shares`,
    on: '--steps',
    todo: 'Write 5,25,50,100.',
  });
}

/** Durations as text again, since that is what the gateway takes. */
function asWritten({ every, ...rest }: Awaited<ReturnType<typeof loadAnalysis>>): Record<string, unknown> {
  return { ...rest, every: `${every}ms` };
}

export async function tellRollout(
  model: string,
  word: 'promote' | 'pause' | 'abort' | 'undo',
  body: Readonly<Record<string, unknown>>,
  gateway: string | undefined,
  settings: Settings,
  output: Output,
): Promise<number> {
  const route = `/v1/rollouts/${part(model)}/${word}`;
  const told = (await withGateway(gateway, settings, (client) => client.send('POST', route, body))) as RolloutShown;
  output.result(told, () => renderRollout(told));
  return 0;
}

export async function showRollouts(
  model: string | undefined,
  watch: boolean,
  gateway: string | undefined,
  settings: Settings,
  output: Output,
): Promise<number> {
  if (model === undefined) {
    const all = await withGateway(gateway, settings, (client) => client.send('GET', '/v1/rollouts'));
    const { rollouts } = all as { rollouts: readonly RolloutShown[] };
    output.result(all, () => (rollouts.length === 0 ? 'no roll-outs yet' : renderAll(rollouts)));
    return 0;
  }
  const look = async () =>
    (await withGateway(gateway, settings, (client) =>
      client.send('GET', `/v1/rollouts/${part(model)}`),
    )) as RolloutShown;
  let shown = await look();
  const progress = progressLine(output, () => systemClock.monotonicMs());
  while (watch && (shown.phase === 'running' || shown.phase === 'paused')) {
    progress.show(
      `${shown.model}/${shown.to}: ${shown.phase}, ${shown.weight} %, step ${shown.step + 1} of ${shown.stepsTotal}`,
    );
    await pause(LOOK_MS);
    shown = await look();
  }
  progress.end();
  output.result(shown, () => renderRollout(shown));
  return watch && shown.phase !== 'completed' ? 1 : 0;
}

function renderAll(rollouts: readonly RolloutShown[]): string {
  const rows = rollouts.map(({ id, model, to, phase, weight, reason }) => [
    id,
    `${model}/${to}`,
    phase,
    `${weight} %`,
    reason,
  ]);
  return table([['ROLL-OUT', 'VERSION', 'PHASE', 'SHARE', 'WHY'], ...rows].map((row) => row.map(oneLine)));
}

function renderRollout(rollout: RolloutShown): string {
  const { id, model, to, phase, reason, step, stepsTotal, weight, analysis, latest, keepUntil } = rollout;
  const rows = [
    ['roll-out', id],
    ['version', `${model}/${to}`],
    ['phase', `${phase}: ${reason}`],
    ['share', `${weight} %`],
    ['step', step >= stepsTotal ? `all ${stepsTotal} taken` : `${step + 1} of ${stepsTotal}`],
    ...(analysis === null
      ? []
      : [
          [
            'analysis',
            `${analysis.success} well, ${analysis.failure} failed, ${analysis.inconclusive} inconclusive, ${analysis.error} could not be asked`,
          ],
        ]),
    ...latest.map(({ query, verdict, value, note }) => [
      query,
      `${verdict}: ${value ?? 'unknown'}${note === null ? '' : ` (${note})`}`,
    ]),
    ...(keepUntil === null ? [] : [['undo at once until', keepUntil]]),
  ];
  return table(rows.map((row) => row.map(oneLine)));
}
