// The log of `lastcall run`: words on a terminal, JSON elsewhere. The command writes to the same stderr, so a line of ours
// is written at once and as a whole, and there are few of them.
import { formatMs } from '../../base/duration.ts';
import { ownStderr } from '../../supervise/index.ts';
import type { Output } from '../output.ts';
import { oneLine } from '../text.ts';

type Line = Readonly<Record<string, unknown>>;
type Sink = (line: Line) => void;

/** undefined: the unit's default. */
export function runLog(output: Output, quiet: boolean): Sink | undefined {
  const write = ownStderr();
  if (output.interactive && output.format === 'people') {
    return (line) => {
      if (quiet && !isTrouble(line)) return;
      const words = WORDS[String(line['event'])];
      const text = words === undefined ? otherWords(line) : words(line);
      if (text !== null) output.note(`lastcall: ${oneLine(text)}`);
    };
  }
  if (write === null) return undefined;
  return (line) => {
    if (!isNoise(line) && !(quiet && !isTrouble(line))) write(`${JSON.stringify(line)}\n`);
  };
}

/** Stages that had nothing to do, and those that only began, are in the report. */
function isNoise({ event, record }: Line): boolean {
  if (event === 'stage_started') return true;
  return event === 'stage_ended' && (record as { result?: string }).result === 'skipped';
}

function isTrouble(line: Line): boolean {
  const { event, exitCode } = line;
  if (event === 'ended') return exitCode !== 0;
  return /fail|unavailable|lost|unwell|not_ready|stuck|leftovers|fatal|elsewhere|_left/.test(String(event));
}

/** null: nothing that somebody at a terminal would want to know. */
const WORDS: Readonly<Record<string, (line: Line) => string | null>> = {
  starting: () => null,
  ready: ({ unit }) => `${String(unit)} is ready`,
  command_started: ({ name, pid, rung, attempt }) =>
    attempt === 1 && name === 'command' ? null : `${String(name)} runs as ${String(pid)} (${String(rung)})`,
  command_ended: () => null,
  command_signalled: ({ name, signal }) => `${String(signal)} to ${String(name)}`,
  signal: () => null,
  stopping: ({ cause, budgetMs }) => {
    const { kind, signal, provider } = cause as { kind: string; signal?: string; provider?: string };
    if (kind === 'completed' || kind === 'crash') return null;
    return `stopping (${signal ?? provider ?? kind}), at most ${formatMs(Number(budgetMs))}`;
  },
  stage_started: () => null,
  stage_ended: (line) => {
    const { name, tookMs, result } = line['record'] as { name: string; tookMs: number; result: string };
    return result === 'skipped' || (result === 'ok' && tookMs < 1_000)
      ? null
      : `${name} ${result} after ${formatMs(tookMs)}`;
  },
  slow: ({ stage, pending }) => `${String(stage)} is slow, waiting for ${(pending as string[]).join(', ')}`,
  ended: ({ exitCode, outcome, report }) => {
    const { error, released } = report as { error: string | null; released: { processes: { survivors: string[] } } };
    const { survivors } = released.processes;
    const left = survivors.length > 0 ? `; still there: ${survivors.join(', ')}` : '';
    return exitCode === 0
      ? null
      : `${String(outcome)}, exit code ${String(exitCode)}${error ? `: ${error}` : ''}${left}`;
  },
};

function otherWords({ event, time: _time, unit: _unit, instance: _instance, ...fields }: Line): string {
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [String(event), ...rest].join(' ');
}
