import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { kindOf } from './index.ts';

function read(path: string) {
  return parse(readFileSync(new URL(`../../deploy/ci/${path}`, import.meta.url), 'utf8'));
}

test('the pre-commit hook is handed the files that the linter reads, and no others', () => {
  const [hook] = read('pre-commit-hooks.yaml');
  assert.deepEqual([hook.id, hook.language, hook.require_serial], ['lastcall-lint', 'node', true]);
  // pre-commit's expressions are Python's, where (?i) stands at the beginning.
  const files = new RegExp(hook.files.replace('(?i)', ''), 'i');
  for (const path of [
    'Dockerfile',
    'a/Dockerfile.prod',
    'web.dockerfile',
    'k8s/x.yaml',
    'compose.yml',
    'web.service',
    'a.nomad',
    'b.hcl',
    'ecs/task-definition.json',
    'taskdef.json',
  ]) {
    assert(files.test(path) && kindOf(path) !== undefined, path);
  }
  for (const path of ['README.md', 'src/a.ts', 'package.json', 'Dockerfile.md/x.py']) assert(!files.test(path), path);
});

test('the action passes its inputs on as variables, never as text of the script', () => {
  const action = read('lint/action.yml');
  assert.equal(action.runs.using, 'composite');
  for (const step of action.runs.steps) assert.doesNotMatch(step.run ?? '', /\$\{\{/);
  const inputs = Object.keys(action.inputs);
  const used = JSON.stringify(action.runs.steps)
    .match(/inputs\.(\w+)/g)!
    .map((it) => it.slice('inputs.'.length));
  assert.deepEqual([...new Set(used)].sort(), inputs.sort());
});
