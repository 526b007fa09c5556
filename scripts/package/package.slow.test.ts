import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Report } from '../../src/lifecycle/index.ts';
import { readManifest, ROOT } from './compile.ts';
import { stagePackage } from './stage.ts';

const work = mkdtempSync(join(tmpdir(), 'package-'));
const manifest = readManifest();
let archive = '';

function run(command: string, args: readonly string[], cwd: string): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

before(() => {
  const staged = join(work, 'staged');
  mkdirSync(staged);
  stagePackage(staged);
  const [packed] = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts'], staged)) as { filename: string }[];
  archive = join(staged, packed?.filename ?? '');
});
after(() => rmSync(work, { recursive: true, force: true }));

test('the archive holds what runs, and nothing of the workshop', () => {
  const files = run('tar', ['-tf', archive], work)
    .trim()
    .split('\n')
    .map((path) => path.replace('package/', ''));
  const folders = new Set(files.map((path) => path.split('/')[0]));
  const pages = ['ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md', 'SECURITY.md', 'docs'];
  const expected = ['bin', 'dist', 'package.json', ...pages];
  assert.deepEqual(
    [...folders].filter((name) => !expected.includes(name ?? '')),
    [],
  );
  assert.deepEqual(
    files.filter((path) => /\.test\.|\/testing\/|\/testdata\/|(?<!\.d)\.ts$/.test(path)),
    [],
  );
});

/** An empty project with the unpacked package and its declared dependencies, nothing else; without the network. */
function offlineProject(): string {
  const project = mkdtempSync(join(work, 'offline-'));
  const installed = join(project, 'node_modules', 'lastcall');
  mkdirSync(installed, { recursive: true });
  run('tar', ['-xf', archive, '--strip-components=1', '-C', installed], work);
  for (const name of Object.keys(manifest.dependencies)) {
    mkdirSync(dirname(join(project, 'node_modules', name)), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(project, 'node_modules', name));
  }
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
  return project;
}

test('what the README links to is in the archive', () => {
  const project = offlineProject();
  const installed = join(project, 'node_modules', 'lastcall');
  const links = readFileSync(join(installed, 'README.md'), 'utf8').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g);
  for (const [, link] of links) assert.ok(existsSync(join(installed, link!)), link);
});

test('a user who has installed nothing else checks types strictly, those of this package too', () => {
  const project = offlineProject();
  const app = `
    import { unit } from 'lastcall';
    import { jsonl, keyedValue, pipeline, runPipeline, sqlite } from 'lastcall/stream';
    await unit('api', { grace: '30s' }).ready();
    await runPipeline(pipeline('visits', {
      source: jsonl<{ user: string }>('visits.jsonl'),
      state: { seen: keyedValue({ initial: 0 }) },
      process: (visit, { state }) => ({ visits: state.seen.update(visit.user, (seen) => seen + 1) }),
      sink: sqlite('visit_counts'),
    }));`;
  writeFileSync(join(project, 'app.ts'), app);
  const options = { module: 'nodenext', target: 'es2024', strict: true, noEmit: true, skipLibCheck: false };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['app.ts'] }));
  const { stdout, status } = spawnSync(join(ROOT, 'node_modules', '.bin', 'tsc'), ['-p', '.'], {
    cwd: project,
    encoding: 'utf8',
  });
  assert.deepEqual([status, stdout], [0, '']);
});

test('every export of the unpacked package loads with its declared dependencies alone', () => {
  const project = offlineProject();
  for (const path of Object.keys(manifest.exports).filter((key) => !key.endsWith('.json'))) {
    const program = `const names = Object.keys(await import('${join('lastcall', path)}')); console.log(names.length > 0);`;
    assert.equal(run(process.execPath, ['--input-type=module', '-e', program], project).trim(), 'true', path);
  }
});

test('a unit of the unpacked package ends in order', () => {
  const program = `
    import { unit } from 'lastcall';
    const job = unit('job', { grace: '10s', stateDir: '${work}/state', ownsProcess: false, log: false });
    await job.ready();
    const report = await job.stop();
    console.log(report.schema, report.outcome);`;
  const printed = run(process.execPath, ['--input-type=module', '-e', program], offlineProject());
  assert.equal(printed.trim(), 'lastcall.report/1 clean');
});

test('a unit of the unpacked package whose loop is blocked is killed at its deadline, with a report', () => {
  const stateDir = join(work, 'blocked');
  const program = `
    import { unit } from 'lastcall';
    const job = unit('blocked', { grace: '1s', stateDir: '${stateDir}', log: false });
    job.onDrain('block', () => { for (;;); });
    await job.ready();
    job.stop();`;
  const args = ['--input-type=module', '-e', program];
  const { signal } = spawnSync(process.execPath, args, { cwd: offlineProject(), timeout: 60_000 });
  assert.equal(signal, 'SIGKILL');
  const [name] = readdirSync(join(stateDir, 'reports'));
  const report = JSON.parse(readFileSync(join(stateDir, 'reports', name ?? ''), 'utf8')) as Report;
  assert.equal(report.exitCode, 105);
});

test('its types are found by a strict program, library files included', () => {
  const project = offlineProject();
  const text = `
    import { unit, type Report } from 'lastcall';
    import { pipeline } from 'lastcall/stream';
    const report: Promise<Report> = unit('job', { grace: '10s' }).stop();
    // @ts-expect-error a grace is a duration
    unit('job', { grace: true });
    void [report, pipeline];`;
  writeFileSync(join(project, 'program.ts'), text);
  const flags = [
    '--noEmit',
    '--strict',
    '--target',
    'es2024',
    '--lib',
    'esnext',
    '--module',
    'nodenext',
    '--types',
    'node',
  ];
  run(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), ...flags, 'program.ts'], project);
});

test('npm installs it into an empty folder without our tools, and npx runs it', () => {
  const project = mkdtempSync(join(work, 'npm-'));
  cpSync(archive, join(project, 'lastcall.tgz'));
  writeFileSync(join(project, 'package.json'), '{ "private": true }');
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', './lastcall.tgz'], project);
  assert.equal(run('npx', ['--no-install', 'lastcall', '--version'], project).trim(), manifest.version);
  const tools = ['typescript', 'oxlint', 'knip', 'fast-check', 'onnxruntime-node', 'vega-datasets'];
  for (const name of tools) assert.ok(name in manifest.devDependencies, `${name} is no tool of ours any more`);
  const present = readdirSync(join(project, 'node_modules'));
  assert.deepEqual(
    present.filter((name) => tools.includes(name) || /^node(-|$)/.test(name)),
    [],
  );
});
