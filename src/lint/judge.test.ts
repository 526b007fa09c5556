import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBaseline, renderBaseline, withoutKnown } from './baseline.ts';
import { longestRequestOf } from './drill-report.ts';
import { diffOf, fixAll } from './fix.ts';
import { lint } from './testing/lint.ts';

const POD = (lines: string, top = '') => `${top}apiVersion: v1
kind: Pod
metadata: { name: p }
spec:
${lines}  containers: [{ name: p, image: example/p }]
`;

test('an ignore counts in its line, or above it with comments between, and only with a reason', () => {
  assert.deepEqual(
    lint({ 'a.yaml': POD('  terminationGracePeriodSeconds: 0 # lastcall: ignore grace-zero -- a toy\n') }).places,
    [],
  );
  assert.deepEqual(
    lint({
      'a.yaml': POD(
        '  # lastcall: ignore grace-zero, grace-sum -- a toy\n  # more\n\n  terminationGracePeriodSeconds: 0\n',
      ),
    }).places,
    [],
  );
  assert.deepEqual(
    lint({ 'a.yaml': POD('  # lastcall: ignore grace-sum -- another rule\n  terminationGracePeriodSeconds: 0\n') })
      .places,
    ['grace-zero@6'],
  );
  assert.deepEqual(
    lint({ 'a.yaml': POD('  # lastcall: ignore grace-zero\n  terminationGracePeriodSeconds: 0\n') }).places,
    ['ignore-without-reason@5', 'grace-zero@6'],
  );
  assert.deepEqual(
    lint({ 'a.yaml': POD('  # lastcall: ignore grace-zero --   \n  terminationGracePeriodSeconds: 0\n') }).places,
    ['ignore-without-reason@5', 'grace-zero@6'],
  );
  const far = POD(
    '  # lastcall: ignore grace-zero -- not this one\n  restartPolicy: Always\n  terminationGracePeriodSeconds: 0\n',
  );
  assert.deepEqual(lint({ 'a.yaml': far }).places, ['grace-zero@7']);
});

test('ignore-file holds for the file, and for no other', () => {
  const top = '# lastcall: ignore-file grace-zero -- all toys\n';
  const files = {
    'a.yaml': POD('  terminationGracePeriodSeconds: 0\n', top),
    'b.yaml': POD('  terminationGracePeriodSeconds: 1\n'),
  };
  const { findings, ignored } = lint(files);
  assert.deepEqual(
    findings.map(({ at }) => at.source.path),
    ['b.yaml'],
  );
  assert.equal(ignored, 1);
});

test('a comment tells the longest request for its document, one at the top for all, and the nearest counts', () => {
  const server = (name: string, comment = '') => `${comment}apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      containers: [{ name: ${name}, image: example/p }]
`;
  const inOne = lint({ 'a.yaml': `${server('a')}---\n${server('b', '# lastcall: longest-request=60s\n')}` });
  assert.deepEqual(inOne.places, ['grace-sum@20']);
  const given = lint(
    { 'a.yaml': `${server('a')}---\n${server('b', '# lastcall: longest-request=5s\n')}` },
    { longestRequestMs: 60_000 },
  );
  assert.deepEqual(given.places, ['grace-sum@9']);
  assert.deepEqual(lint({ 'a.yaml': server('a', '# lastcall: longest-request=soon\n') }).places, [
    'ignore-without-reason@1',
  ]);
});

test('whether an unseen script handles SIGTERM is asked, and the answer is taken', () => {
  const file = (comment: string) => ({
    Dockerfile: `${comment}FROM python:3.13\nCOPY . /app\nCMD ["python", "app.py"]\n`,
  });
  const open = lint(file(''));
  assert.deepEqual([open.places, open.questions.length], [[], 1]);
  assert.match(open.questions[0]!.what, /python app\.py. handle SIGTERM/);
  const yes = lint(file('# lastcall: handles-sigterm=yes\n'));
  assert.deepEqual([yes.places, yes.questions], [[], []]);
  assert.deepEqual(lint(file('# lastcall: handles-sigterm=no\n')).places, ['pid1-ignores-sigterm@4']);
  assert.deepEqual(lint(file('# lastcall: handles-sigterm=perhaps\n')).places, ['ignore-without-reason@1']);
});

test('a baseline knows a finding as often as it is written', () => {
  const twice = lint({ Dockerfile: 'FROM a\nCMD x\n', 'Dockerfile.b': 'FROM a\nCMD x\n' }).findings;
  const known = readBaseline(renderBaseline(twice.slice(0, 1)), 'known.json');
  assert.deepEqual(withoutKnown(twice, known).fresh, twice.slice(1));
  assert.deepEqual(withoutKnown([twice[0]!, twice[0]!], known).fresh.length, 1);
  for (const text of [
    '',
    '[]',
    '{"schema":"other","findings":[]}',
    '{"schema":"lastcall.lint-baseline/1","findings":[{}]}',
  ]) {
    assert.throws(() => readBaseline(text, 'known.json'), /known\.json.*--write-baseline/s, text);
  }
});

test('the longest request of a drill is the slowest of all runs, in whole seconds', () => {
  const report = {
    schema: 'lastcall.drill/1',
    measures: { p50Ms: 10, p99Ms: 1_200 },
    runs: [{ latency: { p99Ms: 2_100 } }],
  };
  assert.equal(longestRequestOf(JSON.stringify(report), 'd.json'), 3_000);
  assert.equal(
    longestRequestOf(`${JSON.stringify(report)}\n${JSON.stringify({ measures: { p99Ms: 9_001 } })}`, 'd.json'),
    10_000,
  );
  for (const text of ['', '{}', '{"measures":{"p99Ms":null}}'])
    assert.throws(() => longestRequestOf(text, 'd.json'), /d\.json.*drill/s, text);
});

test('two fixes that touch the same text are not both applied, and a difference shows only what changed', () => {
  const { findings } = lint({
    'compose.yaml': 'services:\n  a:\n    image: node:24\n    command: node x.js\n  b:\n    image: postgres:17\n',
  });
  assert.deepEqual(
    findings.map(({ rule }) => rule),
    ['compose-init', 'compose-grace-missing'],
  );
  const [fixed] = fixAll([...findings, ...findings]);
  assert.equal(fixed!.count, 2);
  assert.equal(
    fixed!.text,
    'services:\n  a:\n    init: true\n    image: node:24\n    command: node x.js\n  b:\n    stop_grace_period: 60s\n    image: postgres:17\n',
  );
  const lines = diffOf(fixed!).split('\n');
  assert.deepEqual(
    lines.filter((line) => /^[+-]/.test(line)),
    ['--- a/compose.yaml', '+++ b/compose.yaml', '+    init: true', '+    stop_grace_period: 60s'],
  );
});

test('a fix never writes into an anchor that others use', () => {
  const text =
    'x-a: &a\n  restart: always\nservices:\n  a:\n    <<: *a\n    image: node:24\n    command: node x.js\n  b: { <<: *a, image: "postgres:17" }\n';
  const [fixed] = fixAll(lint({ 'compose.yaml': text }).findings);
  assert.equal(fixed!.text, text.replace('    image: node', '    init: true\n    image: node'));
});

test('a fix keeps quotes, so that JSON stays JSON, and leaves a value that is part of a text alone', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: {
      terminationGracePeriodSeconds: 45,
      containers: [{ name: 'p', image: 'example/p', env: [{ name: 'LASTCALL_GRACE', value: '60s' }] }],
    },
  };
  const [fixed] = fixAll(lint({ 'pod.json': JSON.stringify(pod) }).findings);
  assert.equal(JSON.parse(fixed!.text).spec.containers[0].env[0].value, '45s');
  const listed = lint({
    'compose.yaml':
      'services:\n  a:\n    image: example/a\n    stop_grace_period: 20s\n    environment:\n      - LASTCALL_GRACE=60s\n',
  });
  assert.deepEqual(listed.places, ['grace-literal@6']);
  assert.deepEqual(fixAll(listed.findings), []);
});
