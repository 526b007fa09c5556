import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Source } from '../source/source.ts';
import { LABELS, readHcl } from './hcl.ts';
import { neutralise } from './template.ts';
import type { Tree } from './tree.ts';
import { readYaml } from './yaml.ts';

function yaml(text: string): Tree {
  return readYaml(new Source('x.yaml', text)).documents[0]!.root;
}

function hcl(text: string): Tree {
  return readHcl(new Source('x.hcl', text));
}

/** The text that a tree stands for in its source. */
function written({ span }: Tree): string {
  return span.source.text.slice(span.start, span.end);
}

test('YAML scalars stay as they are written, and know where', () => {
  const root = yaml('a:\n  b: 010\n  c: yes\n  d: ~\n  e: "5"\n');
  assert.deepEqual(
    [root.get('a', 'b').text(), root.get('a', 'c').boolean(), root.get('a', 'd').exists, root.get('a', 'e').number()],
    ['010', true, false, 5],
  );
  assert.equal(written(root.get('a', 'b')), '010');
  assert.equal(root.get('a', 'nothing', 'here').exists, false);
});

test('merges give way to own keys, the last of equal keys counts, an alias to its own ancestor ends', () => {
  const root = yaml('base: &b {x: 1, y: 2}\nuse: {<<: *b, y: 3}\ntwice: 1\ntwice: 2\nloop: &l [*l]\n');
  assert.deepEqual(
    [root.get('use', 'x').text(), root.get('use', 'y').text(), root.get('twice').text()],
    ['1', '3', '2'],
  );
  assert.equal(root.get('loop').items()[0]!.exists, false);
});

test('an unquoted {{ template }} is a value that nobody knows', () => {
  const root = yaml('a: {{ .Values.x }}\nb: "{{ y }}"\nc: ${Z:-1}\n');
  for (const key of ['a', 'b', 'c'])
    assert.deepEqual([root.get(key).isTemplated, root.get(key).text()], [true, undefined], key);
});

test('templates are replaced character for character, so that places stay', () => {
  const text = 'a: {{ x }}\n{{- if y }}\nb: 1\n{{- end }}\nc: "{{ z }}s"\n';
  const plain = neutralise(text);
  assert.equal(plain.length, text.length);
  assert.deepEqual(
    [...plain.matchAll(/\n/g)].map(({ index }) => index),
    [...text.matchAll(/\n/g)].map(({ index }) => index),
  );
  const root = yaml(plain);
  assert.deepEqual([root.get('b').text(), root.get('c').isTemplated], ['1', true]);
});

test('YAML that is broken is a problem with its place, and the other documents are read', () => {
  const { documents, problems } = readYaml(new Source('x', 'a: 1\n---\nb: [1, 2\nc: }\n---\nd: 4\n'));
  assert.equal(problems.length > 0, true);
  assert.equal(documents[0]!.root.get('a').text(), '1');
});

test('HCL blocks are lists with their labels, attributes are values, expressions are unknown', () => {
  const root = hcl(
    'job "a" {\n  type = "service" # why\n  n = 5\n  f = max(1, 2)\n  v = var.x\n  l = ["a", "b",]\n  task "t" {}\n  task "u" { driver = "docker" }\n}\n',
  );
  const job = root.get('job').items()[0]!;
  assert.deepEqual(
    job
      .get(LABELS)
      .items()
      .map((it) => it.text()),
    ['a'],
  );
  assert.deepEqual(
    [job.get('type').text(), job.get('n').number(), job.get('f').isTemplated, job.get('v').isTemplated],
    ['service', 5, true, true],
  );
  assert.deepEqual(
    job
      .get('l')
      .items()
      .map((it) => it.text()),
    ['a', 'b'],
  );
  assert.deepEqual(
    job
      .get('task')
      .items()
      .map((it) => it.get('driver').text()),
    [undefined, 'docker'],
  );
});

test('HCL heredocs, comments, objects and nested templates are read', () => {
  const root = hcl(
    '/* x */ a = <<-EOT\n  t "{\n  EOT\nb = { c = 1, "d" : [2] }\ne = "x ${f("}")} y"\ng = [for s in x : upper(s)]\n// end',
  );
  assert.match(root.get('a').text()!, /t "\{/);
  assert.deepEqual([root.get('b', 'c').number(), root.get('b', 'd').items()[0]!.number()], [1, 2]);
  assert.equal(root.get('e').isTemplated, true);
  assert.equal(root.get('g').isTemplated, true);
});

test('HCL that is broken says what and in which line', () => {
  for (const [text, pattern] of [
    ['a = "x', /string does not end/],
    ['job "x" {\n  a = 1\n', /end of the file.*line 3/],
    ['a = \n', /value is missing in line 1/],
    ['}', /unexpected in line 1/],
    ['a = <<EOT\nx', /EOT/],
  ] as const) {
    assert.throws(() => hcl(text), pattern, text);
  }
});
