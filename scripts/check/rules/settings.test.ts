import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const HEAD = '// What it is for.\n';

/** Planted offences: file → text, and the rule of .oxlintrc.json that has to find it. Files are used by no other. */
const PLANTED: readonly { path: string; text: string; rule: string }[] = [
  { path: 'src/a/core.ts', text: 'export const now = () => Date.now();', rule: 'eslint(no-restricted-globals)' },
  { path: 'src/b/core/x.ts', text: 'export const r = () => Math.random();', rule: 'eslint(no-restricted-properties)' },
  { path: 'src/c/core.ts', text: 'export const t = setTimeout(() => {}, 1);', rule: 'eslint(no-restricted-globals)' },
  { path: 'src/d/core.ts', text: 'export const p = globalThis.performance;', rule: 'eslint(no-restricted-globals)' },
  { path: 'src/e/core.ts', text: 'export const p = process.pid;', rule: 'eslint(no-restricted-globals)' },
  { path: 'src/f/core.ts', text: "export { join } from 'node:path';", rule: 'eslint(no-restricted-imports)' },
  { path: 'src/lifecycle/core/g.ts', text: "import 'fastify';", rule: 'eslint(no-restricted-imports)' },
  { path: 'src/base/h.ts', text: "export { parse } from 'yaml';", rule: 'eslint(no-restricted-imports)' },
  {
    path: 'src/lifecycle/i.ts',
    text: "import type { X } from '@scope/x';\nexport type Y = X;",
    rule: 'eslint(no-restricted-imports)',
  },
  { path: 'src/base/files/j.ts', text: "import '../../store/k.ts';", rule: 'lastcall(layers)' },
  { path: 'src/base/l.ts', text: "export * from './m.ts';", rule: 'lastcall(no-export-all)' },
  { path: 'src/base/n.ts', text: "export { o } from './o.js';", rule: 'lastcall(ts-imports)' },
  {
    path: 'src/base/p.test.ts',
    text: "import { test } from 'node:test';\ntest.only('x', () => {});",
    rule: 'lastcall(no-only)',
  },
  {
    path: 'src/base/q.test.ts',
    text: "import { setTimeout as pause } from 'node:timers/promises';\nawait pause(1);",
    rule: 'lastcall(no-sleep-in-tests)',
  },
  { path: 'src/base/r.ts', text: '\n'.repeat(301), rule: 'eslint(max-lines)' },
  { path: 'src/base/s.ts', text: 'export const f = (x: any) => x as string;', rule: 'typescript(no-explicit-any)' },
  { path: 'src/base/t.ts', text: 'const f = async () => {};\nf();', rule: 'typescript(no-floating-promises)' },
  {
    path: 'src/base/u.ts',
    text: 'export const f = [1].filter(async () => true);',
    rule: 'typescript(no-misused-promises)',
  },
  { path: 'src/base/v.ts', text: "import './w.ts';\nexport const v = 1;", rule: 'import(no-cycle)' },
  { path: 'src/base/w.ts', text: "import './v.ts';\nexport const w = 1;", rule: 'import(no-cycle)' },
  { path: 'src/base/x.ts', text: "throw 'a string';", rule: 'typescript(only-throw-error)' },
];

/** What may look like an offence and is none. */
const CLEAN: Readonly<Record<string, string>> = {
  'src/a/edge.ts':
    "import { join } from 'node:path';\nexport const at = join('x', String(Date.now() + Math.random()));",
  'src/base/clean.ts':
    "import { readFileSync } from 'node:fs';\nexport const read = (path: string) => readFileSync(path);",
  'src/a/core.test.ts': "import { test } from 'node:test';\ntest('time', () => void Date.now());",
  'src/c/core/clean.ts': "import { read } from '../core.ts';\nexport const clean = read;",
};

interface Diagnostic {
  code?: string;
  filename: string;
}

let found: Diagnostic[] = [];
const work = mkdtempSync(join(tmpdir(), 'lint-'));

before(() => {
  const settings = JSON.parse(readFileSync(join(ROOT, '.oxlintrc.json'), 'utf8')) as { jsPlugins: string[] };
  settings.jsPlugins = settings.jsPlugins.map((path) => join(ROOT, path));
  writeFileSync(join(work, '.oxlintrc.json'), JSON.stringify(settings));
  cpSync(join(ROOT, 'tsconfig.json'), join(work, 'tsconfig.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(work, 'node_modules'));
  for (const [path, text] of [...PLANTED.map(({ path, text }) => [path, text] as const), ...Object.entries(CLEAN)]) {
    mkdirSync(dirname(join(work, path)), { recursive: true });
    writeFileSync(join(work, path), `${HEAD}${text}\n`);
  }
  try {
    execFileSync(join(ROOT, 'node_modules', '.bin', 'oxlint'), ['-f', 'json', 'src'], { cwd: work, encoding: 'utf8' });
  } catch (error) {
    const { stdout } = error as { stdout: string };
    found = (JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics;
  }
});
after(() => rmSync(work, { recursive: true, force: true }));

for (const { path, text, rule } of PLANTED) {
  test(`${rule} finds: ${text.trim() || 'more than 300 lines'}`, () => {
    const codes = found.filter(({ filename }) => filename.endsWith(path)).map(({ code }) => code);
    assert.ok(codes.includes(rule), `${path}: ${codes.join(', ') || 'nothing found'}`);
  });
}

test('edges, tests and Node itself may do what cores may not', () => {
  assert.deepEqual(
    found.filter(({ filename }) => Object.keys(CLEAN).some((path) => filename.endsWith(path))),
    [],
  );
});
