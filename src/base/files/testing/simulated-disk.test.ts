import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import fc from 'fast-check';

import type { FileLayer } from '../layer.ts';
import { codeOf } from '../steps.ts';
import { systemFiles } from '../system-files.ts';
import { contentOf, patternedText, putDurably } from './disk-content.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const NAMES = ['a', 'b', 'a/c', 'b/c', 'a/c/d'];
const name = fc.constantFrom(...NAMES);
const text = fc.string({ unit: 'grapheme-ascii', maxLength: 20 });

type Command = (files: FileLayer, root: string) => unknown;

/** Opens a file for one action, and closes it. */
const opened =
  (path: string, flags: 'r' | 'r+' | 'wx+', act: (files: FileLayer, file: number) => unknown): Command =>
  (files, root) => {
    const file = files.sync.open(`${root}/${path}`, flags, 0o600);
    try {
      return act(files, file);
    } finally {
      files.sync.close(file);
    }
  };

function writeText(files: FileLayer, file: number, content: string, position: number): void {
  const bytes = Buffer.from(content);
  for (let at = 0; at < bytes.length;) at += files.sync.write(file, bytes.subarray(at), position + at);
}

const command: fc.Arbitrary<Command> = fc.oneof(
  fc
    .tuple(name, text)
    .map(([path, content]) => opened(path, 'wx+', (files, file) => writeText(files, file, content, 0))),
  fc
    .tuple(name, text, fc.nat(30))
    .map(([path, content, at]) => opened(path, 'r+', (files, file) => writeText(files, file, content, at))),
  fc
    .tuple(name, fc.nat(30))
    .map(([path, length]) => opened(path, 'r+', ({ sync }, file) => sync.truncate(file, length))),
  name.map((path) => opened(path, 'r', ({ sync }, file) => sync.sync(file))),
  name.map(
    (path): Command =>
      ({ sync }, root) =>
        sync.mkdir(`${root}/${path}`, 0o700),
  ),
  name.map(
    (path): Command =>
      ({ sync }, root) =>
        sync.rmdir(`${root}/${path}`),
  ),
  name.map(
    (path): Command =>
      ({ sync }, root) =>
        sync.unlink(`${root}/${path}`),
  ),
  name.map(
    (path): Command =>
      ({ sync }, root) =>
        [...sync.list(`${root}/${path}`)].sort(),
  ),
  fc.tuple(name, name).map(
    ([from, to]): Command =>
      ({ sync }, root) =>
        sync.link(`${root}/${from}`, `${root}/${to}`),
  ),
  fc.tuple(name, name).map(
    ([from, to]): Command =>
      ({ sync }, root) =>
        sync.rename(`${root}/${from}`, `${root}/${to}`),
  ),
);

test('with power the simulated disk does what the real file system does, errors too', (context) => {
  const directory = temporaryDirectory(context);
  let run = 0;
  const property = fc.property(fc.array(command, { maxLength: 25 }), fc.nat(), (commands, seed) => {
    const disk = new SimulatedDisk(seed);
    const root = join(directory, String(run++));
    fs.mkdirSync(root);
    for (const [index, perform] of commands.entries()) {
      const real = outcome(() => perform(systemFiles, root));
      assert.deepEqual(
        outcome(() => perform(disk, '')),
        real,
        `command ${index}`,
      );
    }
    assert.deepEqual(tree(disk, ''), tree(systemFiles, root));
    assert.equal(disk.openFiles, 0);
  });
  fc.assert(property, { numRuns: 300 });
});

/** What a command gave, or the system's code of its error. */
function outcome(perform: () => unknown): unknown {
  try {
    return { gave: perform() };
  } catch (error) {
    return { code: codeOf(error) };
  }
}

function tree(files: FileLayer, root: string): Record<string, string | null> {
  const contents: Record<string, string | null> = {};
  for (const path of NAMES) {
    const kind = outcome(() => files.sync.stat(`${root}/${path}`)?.kind) as { gave?: string };
    contents[path] = kind.gave === 'file' ? contentOf(files, `${root}/${path}`) : (kind.gave ?? null);
  }
  return contents;
}

test('what was synced survives power loss whole, and what was not is kept, dropped, torn or reordered', () => {
  const [old, first, second] = ['o', 'x', 'y'].map((letter) => letter.repeat(1_024)) as [string, string, string];
  const seen = new Set<string>();
  for (let seed = 0; seed < 400; seed++) {
    const disk = new SimulatedDisk(seed);
    putDurably(disk, '/safe', patternedText('safe', 5_000));
    putDurably(disk, '/file', old + old);
    opened('file', 'r+', (files, file) => {
      writeText(files, file, first, 0);
      writeText(files, file, second, 1_024);
    })(disk, '');
    disk.restart();
    assert.equal(contentOf(disk, '/safe'), patternedText('safe', 5_000));
    seen.add(contentOf(disk, '/file')!.replaceAll(/(.)\1{511}/g, '$1'));
  }
  for (const expected of ['oooo', 'xxyy', 'xxoo', 'ooyy', 'oxoo', 'xooy']) assert.ok(seen.has(expected), expected);
});

test('names survive by the fsync of their directory alone, and a rename within it is all or nothing', () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 200; seed++) {
    const disk = new SimulatedDisk(seed);
    putDurably(disk, '/kept', 'kept');
    disk.sync.rename('/kept', '/renamed');
    opened('new', 'wx+', ({ sync }, file) => sync.sync(file))(disk, '');
    disk.restart();
    seen.add(disk.sync.list('/').join(' '));
  }
  assert.deepEqual([...seen].sort(), ['kept', 'kept new', 'new renamed', 'renamed']);
});

test('between the power loss and the restart every step fails', () => {
  const disk = new SimulatedDisk(1);
  disk.losePowerBefore(2);
  disk.sync.mkdir('/a', 0o700);
  assert.equal(disk.hasPower, true);
  assert.throws(() => disk.sync.mkdir('/b', 0o700), /power is off/);
  assert.throws(() => disk.sync.stat('/a'), /power is off/);
  assert.equal(disk.hasPower, false);
  disk.restart();
  assert.equal(disk.sync.stat('/b'), null);
});
