// What deploy/ ships is what it says: it is clean by our own rules, its sums add up, and the tools it is for accept it.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';

const ROOT = join(import.meta.dirname, '..', '..');
const DEPLOY = join(ROOT, 'deploy');
const LASTCALL = [process.execPath, join(ROOT, 'bin', 'lastcall.js')] as const;

interface Container {
  readonly name: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly lifecycle?: { readonly preStop?: { readonly sleep?: { readonly seconds: number } } };
}

interface Manifest {
  readonly kind: string;
  readonly spec: {
    readonly template?: {
      readonly spec: { readonly terminationGracePeriodSeconds: number; readonly containers: readonly Container[] };
    };
  };
}

const kustomizations = ['base', ...globSync('overlays/*', { cwd: join(DEPLOY, 'kubernetes') })];
const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;
const noKubectl = hasKubectl ? false : 'kubectl is not on this machine';

function lint(args: readonly string[], input?: string): { status: number | null; output: string } {
  const [node, bin] = LASTCALL;
  const { status, stdout, stderr } = spawnSync(node, [bin, 'lint', ...args], { encoding: 'utf8', input });
  return { status, output: stdout + stderr };
}

function built(kustomization: string): string {
  const path = join(DEPLOY, 'kubernetes', kustomization);
  return execFileSync('kubectl', ['kustomize', path], { encoding: 'utf8' });
}

test('our own lint finds nothing in deploy/', () => {
  const { status, output } = lint([DEPLOY]);
  assert.equal(status, 0, output);
});

for (const kustomization of kustomizations) {
  test(
    `kubernetes ${kustomization}: builds, is clean as built, and tells Lastcall what it allows`,
    { skip: noKubectl },
    () => {
      const text = built(kustomization);
      const { status, output } = lint(['-'], text);
      assert.equal(status, 0, output);
      const manifests = parseAllDocuments(text).map((document) => document.toJS() as Manifest);
      const pod = manifests.find(({ kind }) => kind === 'Deployment')?.spec.template?.spec;
      assert(pod);
      const [container] = pod.containers;
      const env = Object.fromEntries(container!.env.map(({ name, value }) => [name, value]));
      assert.equal(env['LASTCALL_GRACE'], `${pod.terminationGracePeriodSeconds}s`);
      assert.equal(env['LASTCALL_PRESTOP'], `${container!.lifecycle?.preStop?.sleep?.seconds ?? 0}s`);
    },
  );
}

test('systemd accepts the units', (t) => {
  if (spawnSync('systemd-analyze', ['--version']).status !== 0) return t.skip('systemd-analyze is not on this machine');
  const folder = mkdtempSync(join(tmpdir(), 'units-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const unit of globSync(join(DEPLOY, 'systemd', '*.service'))) {
    const copy = join(folder, basename(unit));
    // The program need not be installed here.
    const text = readFileSync(unit, 'utf8').replaceAll('/usr/local/bin/lastcall', '/bin/true');
    writeFileSync(copy, text);
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', copy], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    // Wrong values are only warnings there.
    assert.equal(
      stderr
        .split('\n')
        .filter((line) => line.includes(basename(copy)))
        .join('\n'),
      '',
    );
  }
});

test('every exit code that Lastcall has is one that the CI examples know', () => {
  const table = readFileSync(join(ROOT, 'docs', 'lifecycle.md'), 'utf8');
  const codes = [...table.matchAll(/^\| `?(10\d)`? /gm)].map((match) => match[1]!);
  assert(codes.length >= 10, codes.join());
  const example = readFileSync(join(DEPLOY, 'ci', 'github-actions.yml'), 'utf8');
  for (const code of codes.filter((each) => each !== '110')) assert.match(example, new RegExp(`\\b${code}\\b`), code);
});

test('the shell of the CI example does what it says with each code', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ci-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const workflow = parseAllDocuments(readFileSync(join(DEPLOY, 'ci', 'github-actions.yml'), 'utf8'))[0]!.toJS() as {
    jobs: { train: { steps: readonly { run?: string }[] } };
  };
  const script = workflow.jobs.train.steps
    .find(({ run }) => run !== undefined)!
    .run!.replaceAll(/\$\{\{.*?\}\}/g, 'URL');
  const act = (code: number): number | null => {
    writeFileSync(join(folder, 'lastcall'), `#!/bin/sh\nexit ${code}\n`, { mode: 0o755 });
    const env = { PATH: `${folder}:${process.env['PATH']}`, GITHUB_OUTPUT: join(folder, 'output') };
    return spawnSync('bash', ['-e', '-c', script], { env }).status;
  };
  for (const code of [0, 100, 103, 107, 108]) assert.equal(act(code), 0, `code ${code}`);
  for (const code of [1, 2, 101, 102, 104, 105, 106, 109, 110, 126, 127, 137])
    assert.notEqual(act(code), 0, `code ${code}`);
  assert.equal(act(7), 7, "the work's own code");
});
