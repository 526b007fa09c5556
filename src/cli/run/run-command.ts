// `lastcall run`: from words to a plan, and where its log and its result go.
import { isatty } from 'node:tty';
import { LastcallError } from '../../base/errors.ts';
import type { Report } from '../../lifecycle/index.ts';
import { planOf, runPlan, type RunOptions } from '../../supervise/index.ts';
import type { Settings } from '../command.ts';
import type { Output } from '../output.ts';
import { unitOptions } from '../unit-options.ts';
import { runLog } from './log.ts';

/** Options as the schema of the command resolves them. */
export interface RunWords {
  readonly name: string | undefined;
  readonly ready: string | undefined;
  readonly readyWithin: number | undefined;
  readonly live: string | undefined;
  readonly restart: 'never' | 'on-failure' | 'always' | undefined;
  readonly appPort: number | undefined;
  readonly listen: readonly string[];
  readonly app: string | undefined;
  readonly taskLog: string | undefined;
  readonly healthPath: readonly string[];
  readonly whenDraining: 'answer' | 'close' | undefined;
  readonly frontWait: number | undefined;
  readonly trustedHops: number | undefined;
  readonly stopSignal: string | undefined;
  readonly then: string | undefined;
  readonly announceCap: number | undefined;
  readonly drainCap: number | undefined;
  readonly drainUntil: string | undefined;
  readonly drainCmd: string | undefined;
  readonly extendMax: number | undefined;
  readonly extendFile: string | undefined;
  readonly with: readonly string[];
  readonly withReady: readonly string[];
  readonly withDeath: 'report' | 'end' | undefined;
  readonly notice: string | undefined;
  readonly deregister: readonly string[];
  readonly onExit: string | undefined;
  readonly own: 'cgroup' | 'namespace' | 'group' | undefined;
  readonly memoryMax: string | undefined;
  readonly pidsMax: number | undefined;
  readonly foreground: boolean;
  readonly quiet: boolean;
}

export async function runCommand(
  command: readonly string[],
  { options, settings, output }: { options: RunWords; settings: Settings; output: Output },
): Promise<number> {
  const [program = '', ...words] = command;
  if (options.foreground && !isatty(0)) throw noTerminal();
  const log = runLog(output, options.quiet);
  const given: RunOptions = {
    ...options,
    command: [program, ...words],
    environment: process.env,
    unit: { ...unitOptions(settings), ...(log === undefined ? {} : { log }) },
    readyWithinMs: options.readyWithin,
    announceCapMs: options.announceCap,
    drainCapMs: options.drainCap,
    extendMaxMs: options.extendMax,
    frontWaitMs: options.frontWait,
    companions: options.with,
    companionReady: options.withReady,
    companionDeath: options.withDeath,
    rung: options.own,
    stdoutIsOurs: output.format === 'json',
  };
  const report: Report = await runPlan(planOf(given));
  if (output.format === 'json') output.result(report, () => '');
  return report.exitCode;
}

function noTerminal(): LastcallError {
  return new LastcallError('usage', {
    what: 'there is no terminal to give away',
    on: '--foreground',
    todo: 'Leave it out: without a terminal there is nobody whose Ctrl+C could come.',
  });
}
