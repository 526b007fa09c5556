// `npm test`: runs the test files of the repository, a few at a time, each owned and in its own temporary folder.
// Arguments: `--quick` leaves out *.slow.test.ts and *.service.test.ts; `--places N` is how many files run at once;
// anything else is part of a path. The last line says `N passed, N failed, N skipped`; exit 0 only if none failed.
import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FAILED_SERVICES } from '../services/use.ts';
import { findTests, type TestFile } from './find.ts';
import { prepareServices } from './prepare-services.ts';
import { addUp, closingLine, describeEnd, describeFile, seconds } from './print.ts';
import { type FileResult, runFile } from './run-file.ts';
import { schedule } from './schedule.ts';
import { makeRunFolder } from './temporary.ts';
import { readTimes, writeTimes } from './times.ts';

/** After this long without a line, say what is running. */
const SILENCE_MS = 20_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    // One more than cores: tests wait for timers and for the disk, and hold under load anyway.
    places: { type: 'string', default: String(availableParallelism() + 1) },
    root: { type: 'string', default: join(import.meta.dirname, '..', '..') },
  },
});
const { root } = values;
const places = Number(values.places);
if (!(places >= 1)) throw new Error(`--places takes a number of 1 or more, not ${values.places}`);
const files = findTests(root, { quick: values.quick, filters: positionals });
const folder = makeRunFolder();
const results: FileResult[] = [];
const running = new Map<string, number>();
const started = performance.now();

// What runs is owned: it is killed when this process ends, however that happens.
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt(signal));

let lastLineMs = performance.now();
function print(line: string): void {
  lastLineMs = performance.now();
  process.stdout.write(`${line}\n`);
}

function interrupt(signal: string): never {
  for (const path of running.keys()) print(`FAILED ${path}: interrupted by ${signal}`);
  const totals = addUp(results);
  print(closingLine({ ...totals, failed: totals.failed + Math.max(1, running.size) }));
  process.exit(1);
}

const services = prepareServices([...new Set(files.flatMap((file) => file.services))], print);

async function run(file: TestFile): Promise<void> {
  running.set(file.path, performance.now());
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    [FAILED_SERVICES]: JSON.stringify(services.failures),
    NO_COLOR: '1',
    // Hundreds of processes load the same sources: each is compiled once a run.
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(folder, 'compiled'),
  };
  delete env['NODE_TEST_CONTEXT']; // when a test runs this runner
  delete env['FORCE_COLOR'];
  const result = await runFile(file, { root, folder: join(folder, String(files.indexOf(file))), env });
  running.delete(file.path);
  results.push(result);
  print(describeFile(result));
}

const heartbeat = setInterval(() => {
  if (performance.now() - lastLineMs < SILENCE_MS) return;
  print(`… ${[...running].map(([path, since]) => `${path} (${seconds(performance.now() - since)})`).join(', ')}`);
}, 1_000);

const times = readTimes(root);
await schedule(files, { places, times, ready: (file) => services.ready(file.services), run });
clearInterval(heartbeat);
writeTimes(root, times, results);
if (files.length === 0) print(`FAILED no test file has one of these in its path: ${positionals.join(', ')}`);

for (const line of describeEnd(results)) print(line);
const totals = addUp(results);
const failed = files.length === 0 ? 1 : totals.failed;
print(`${files.length} files in ${seconds(performance.now() - started)}`);
print(closingLine({ ...totals, failed }));
process.exitCode = failed === 0 ? 0 : 1;
