// Runs a reconciliation in this process and says what it found.
import { durationMs } from '../../base/duration.ts';
import { messageOf } from '../../base/errors.ts';
import { readMap, startReconcile, type Finding, type ReconcileResult } from '../../reconcile/index.ts';
import type { UnitOptions } from '../../lifecycle/index.ts';
import type { Settings } from '../command.ts';
import type { Output } from '../output.ts';
import { progressLine } from '../progress.ts';
import { systemClock } from '../../base/clock.ts';
import { stateDirectory } from '../state-directory.ts';
import { logSink } from '../stream/log-sink.ts';
import { count, oneLine, table } from '../text.ts';
import { unitOptions } from '../unit-options.ts';

export interface ReconcileWords {
  readonly dryRun: boolean;
  readonly follow: boolean;
  readonly rules: string | undefined;
  readonly staleAfter: number | undefined;
  readonly name: string | undefined;
  readonly map: string | undefined;
  readonly words: string | undefined;
  readonly query: string | undefined;
  readonly since: number | undefined;
  readonly timeField: string | undefined;
  readonly gone: string | undefined;
  readonly ended: string | undefined;
  readonly retry: string | undefined;
}

/** Exit code of a dry run that found something (contracts). */
const WORK_FOUND = 10;
const ROWS_SHOWN = 200;
const CELL_SHOWN = 70;

export async function reconcile(
  logs: readonly string[],
  words: ReconcileWords,
  settings: Settings,
  output: Output,
): Promise<number> {
  const progress = progressLine(output, () => systemClock.monotonicMs());
  const log = words.follow ? logSink(output, progress) : notesOf(output);
  const stateDir = stateDirectory(settings);
  const { result } = await startReconcile({
    logs,
    name: words.name ?? 'default',
    stateDir,
    rulesFile: words.rules ?? null,
    staleAfterMs: words.staleAfter ?? null,
    map: readMap(words.map, words.words),
    timeField: words.timeField ?? '@timestamp',
    query: words.query ?? '',
    sinceMs: words.since ?? durationMs('24h', 'since'),
    follow: words.follow,
    dryRun: words.dryRun,
    told: (['gone', 'ended', 'retry'] as const).flatMap((word) => {
      const ids = words[word]?.split(',') ?? [];
      return ids.filter((id) => id !== '').map((taskId) => ({ taskId, word }));
    }),
    unit: { ...unitOptions(settings), ...(log === undefined ? {} : { log }) },
  });
  const ended = await result;
  print(ended, output);
  const { report, findings } = ended;
  return words.dryRun && report.exitCode === 0 && findings.length > 0 ? WORK_FOUND : report.exitCode;
}

/** A run that ends by itself tells what it did about tasks, and nothing of its own life. */
function notesOf(output: Output): Exclude<UnitOptions['log'], undefined> {
  return (line) => {
    const { event, task_id: task, phase, why, evidence, error } = line;
    if (task !== undefined) output.note(oneLine([event, task, phase, why, evidence].filter(Boolean).join(' ')));
    else if (error !== undefined) output.note(oneLine(`${String(event)}: ${messageOf(error)}`));
  };
}

function print(ended: ReconcileResult, output: Output): void {
  const { findings, intake, atWork } = ended;
  if (output.format === 'json') {
    for (const finding of findings) output.result(finding, () => '');
    const { tasks, other, bad } = intake;
    output.result(
      { found: findings.length, lines: { tasks, other, bad }, atWork, outcome: ended.report.outcome },
      () => '',
    );
    return;
  }
  output.result(null, () => [...summary(ended), ...rows(findings)].join('\n'));
}

function summary({ intake, findings, atWork }: ReconcileResult): string[] {
  const { tasks, other, bad, badExamples } = intake;
  const lines = [
    `${count(tasks)} lines about tasks, ${count(other)} about other things, ${count(bad)} that could not be read.`,
    `${tasksOf(findings.length)} began and never ended; ${count(atWork)} waiting or at work.`,
  ];
  return [...lines, ...badExamples.map((example) => `  could not be read: ${oneLine(example)}`)];
}

function tasksOf(found: number): string {
  return found === 1 ? '1 task' : `${count(found)} tasks`;
}

function rows(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return [];
  const header = ['TASK', 'ATTEMPT', 'NODE', 'JOB', 'SINCE', 'EVIDENCE', 'ACTION'];
  const shown = findings.slice(0, ROWS_SHOWN).map((found) => {
    const { task_id, attempt, node, job, since, evidence, action } = found;
    return [task_id, String(attempt), node ?? '-', job ?? '-', since, evidence, action].map((cell) => {
      const line = oneLine(cell);
      return line.length > CELL_SHOWN ? `${line.slice(0, CELL_SHOWN - 1)}…` : line;
    });
  });
  const rest = findings.length - shown.length;
  return ['', table([header, ...shown], [1]), ...(rest > 0 ? [`… and ${count(rest)} more: use --json`] : [])];
}
