// Where the log of a unit goes that a command runs: with --json to stdout, on a terminal as words above the progress, and
// elsewhere as JSON to stderr, which is the unit's own default.
import { formatMs } from '../../base/duration.ts';
import type { UnitOptions } from '../../lifecycle/index.ts';
import type { Output } from '../output.ts';
import type { ProgressLine } from '../progress.ts';

type Line = Readonly<Record<string, unknown>>;

/** undefined: the unit's default. */
export function logSink(output: Output, progress: ProgressLine): Exclude<UnitOptions['log'], false> | undefined {
  if (output.format === 'json') return (line) => output.result(line, () => '');
  if (!output.interactive) return undefined;
  return (line) => {
    const words = WORDS[String(line['event'])];
    const text = words === undefined ? otherWords(line) : words(line);
    if (text !== null) progress.say(text);
  };
}

/** null: nothing that somebody at a terminal would want to know. */
const WORDS: Readonly<Record<string, (line: Line) => string | null>> = {
  starting: () => null,
  ready: ({ unit }) => `${String(unit)} is at work. Ctrl+C ends it by its stages.`,
  stopping: ({ cause, budgetMs }) => `stopping (${causeOf(cause)}), at most ${formatMs(Number(budgetMs))}`,
  stage_started: () => null,
  stage_ended: (line) => {
    const { name, tookMs, result } = line['record'] as { name: string; tookMs: number; result: string };
    return result === 'skipped' ? null : `  ${name.padEnd(8)} ${result} after ${formatMs(tookMs)}`;
  },
  slow: ({ stage, pending }) => `  ${String(stage)} is slow, waiting for ${(pending as string[]).join(', ')}`,
  ended: () => null,
};

function causeOf(cause: unknown): string {
  const { kind, signal, provider } = cause as { kind: string; signal?: string; provider?: string };
  return signal ?? provider ?? kind;
}

function otherWords({ event, time: _time, unit: _unit, instance: _instance, ...fields }: Line): string {
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [`  ${String(event)}`, ...rest].join(' ');
}
