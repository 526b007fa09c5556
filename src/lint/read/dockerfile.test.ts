import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Source } from '../source/source.ts';
import { imageOf, readDockerfile } from './dockerfile.ts';

function image(text: string, target?: string) {
  return imageOf(readDockerfile(new Source('Dockerfile', text)), target);
}

test('a stage has what the stages below it have, and the last one counts unless another is named', () => {
  const text =
    'ARG V=3.13\nFROM python:${V} AS base\nSTOPSIGNAL SIGQUIT\nCMD ["a"]\nFROM base AS web\nENV X=1 Y="two words"\nFROM alpine AS tools\nCMD ["b"]\n';
  assert.deepEqual(image(text)!.command!.words, ['b']);
  const web = image(text, 'web')!;
  assert.deepEqual([web.base, web.stopSignal!.value, web.command!.words], ['python:3.13', 'SIGQUIT', ['a']]);
  assert.deepEqual(
    [...web.environment].map(([key, { value }]) => `${key}=${value}`),
    ['X=1', 'Y=two words'],
  );
  assert.equal(image(text, 'nothing'), undefined);
});

test('a new ENTRYPOINT empties the CMD of the stage below, not its own', () => {
  assert.equal(image('FROM a AS b\nCMD ["x"]\nFROM b\nENTRYPOINT ["y"]\n')!.command, undefined);
  assert.deepEqual(image('FROM a\nCMD ["x"]\nENTRYPOINT ["y"]\n')!.command!.words, ['x']);
});

test('the exec form is JSON and nothing else; continued lines and comments between them are no matter', () => {
  assert.deepEqual(image('FROM a\nCMD [ "x", \\\n# why\n  "y" ]\n')!.command!.words, ['x', 'y']);
  const broken = image("FROM a\nCMD ['x', 'y']\n")!.command!;
  assert.deepEqual([broken.words, broken.brokenJson], [undefined, true]);
  const shell = image('FROM a\nCMD [ -f x ] && y\n')!.command!;
  assert.deepEqual([shell.words, shell.brokenJson], [undefined, false]);
});

test('instructions inside of heredocs are text', () => {
  const read = image('FROM a\nRUN <<EOF\nCMD no\nEOF\nCMD ["yes"]\n')!;
  assert.deepEqual(read.command!.words, ['yes']);
  assert.match(read.ran, /CMD no/);
});

test('a base that an argument without a default names is not known', () => {
  assert.equal(image('ARG B\nFROM $B\nCMD ["x"]\n')!.base, undefined);
});

test('spans point at the arguments, with \\r\\n too', () => {
  const source = new Source('Dockerfile', 'FROM a\r\n\r\nCMD  run me\r\n');
  const { argumentsSpan } = imageOf(readDockerfile(source))!.command!;
  assert.deepEqual(source.position(argumentsSpan.start), { line: 3, column: 6 });
  assert.equal(source.text.slice(argumentsSpan.start, argumentsSpan.end), 'run me');
});
