// Runs one test file in a process of its own, owned, with a temporary folder of its own; judges what came of it.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { spawnOwned } from '../owned/own.ts';
import { EVENTS_FILE, type Failure, parseEvents, type Tally, tally } from './events.ts';
import type { TestFile } from './find.ts';

export interface FileResult {
  path: string;
  passed: number;
  failures: Failure[];
  skips: Tally['skips'];
  /** The end of what the file printed. */
  output: string;
  ms: number;
}

export interface FileRun {
  root: string;
  /** A folder for this run alone; it is removed afterwards. */
  folder: string;
  env: NodeJS.ProcessEnv;
  /** For tests of the runner; by default as the name of the file says. */
  limits?: Limits;
}

export interface Limits {
  /** For one test. */
  testMs: number;
  /** For the whole file, when even the time-out of a test did not help (a blocked event loop). */
  fileMs: number;
}

const ORDINARY: Limits = { testMs: 90_000, fileMs: 240_000 };
const SLOW: Limits = { testMs: 900_000, fileMs: 1_200_000 };

const REPORTER = join(import.meta.dirname, 'events-reporter.ts');

const OUTPUT_CHARACTERS_MAX = 20_000;

export async function runFile(file: TestFile, run: FileRun): Promise<FileResult> {
  const limits = run.limits ?? (file.slow ? SLOW : ORDINARY);
  const started = performance.now();
  const temporary = join(run.folder, 'tmp');
  const events = join(run.folder, 'events.jsonl');
  mkdirSync(temporary, { recursive: true, mode: 0o700 });
  const reporter = ['--test-reporter', REPORTER, '--test-reporter-destination', 'stdout'];
  let output = '';
  const owned = spawnOwned(
    process.execPath,
    [...reporter, `--test-timeout=${limits.testMs}`, join(run.root, file.path)],
    {
      cwd: run.root,
      env: { ...run.env, TMPDIR: temporary, [EVENTS_FILE]: events, XDG_STATE_HOME: join(run.folder, 'state') },
      output: (chunk) => (output = (output + chunk.toString()).slice(-OUTPUT_CHARACTERS_MAX)),
    },
  );
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    owned.kill();
  }, limits.fileMs);
  const { code, left } = await owned.ended;
  clearTimeout(timer);
  const counts = tally(existsSync(events) ? parseEvents(readFileSync(events, 'utf8')) : []);
  rmSync(run.folder, { recursive: true, force: true });
  const { passed, failures, skips } = counts;
  const offences = [...offencesOf(counts, code, timedOut ? limits.fileMs : undefined), ...left.map(leak)];
  const named = offences.map((error) => ({ name: 'the file itself', error }));
  return { path: file.path, passed, failures: [...failures, ...named], skips, output, ms: performance.now() - started };
}

/** What is wrong with the file as a whole. */
function offencesOf(counts: Tally, code: number, timedOutMs: number | undefined): string[] {
  const open = counts.unfinished.length === 0 ? '' : `; unfinished: ${counts.unfinished.join(', ')}`;
  if (timedOutMs !== undefined) return [`was killed after ${timedOutMs / 1_000} s${open}`];
  const told = counts.passed + counts.failures.length + counts.skips.length;
  if (!counts.over)
    return [`ended with ${code} ${told === 0 ? 'and has no test, or left before' : 'before'} they were over${open}`];
  if (told === 0) return ['has no test'];
  if (code !== 0 && counts.failures.length === 0) return [`ended with ${code} although no test failed`];
  if (code === 0 && counts.failures.length > 0) return ['ended with 0 although a test failed'];
  return [];
}

function leak(commandLine: string): string {
  return `left a process behind: ${commandLine.slice(0, 300)}`;
}
