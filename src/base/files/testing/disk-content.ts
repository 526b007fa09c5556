// Putting content onto a FileLayer and looking at it, for tests.
import type { FileLayer } from '../layer.ts';
import { io, runSync, syncDirectorySteps, withFile, writeAll } from '../steps.ts';
import { dirname } from 'node:path';

/** Creates a file with its content and makes both durable. */
export function putDurably(files: FileLayer, path: string, content: string | Uint8Array): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  runSync(
    files,
    withFile(path, 'wx+', 0o600, function* (file) {
      yield* writeAll(file, bytes, 0);
      yield* io.sync(file);
    }),
  );
  runSync(files, syncDirectorySteps(dirname(path)));
}

/** The content as text; null if there is no such file. */
export function contentOf(files: FileLayer, path: string): string | null {
  const stat = files.sync.stat(path);
  if (stat === null) return null;
  const file = files.sync.open(path, 'r', 0);
  const bytes = new Uint8Array(stat.size);
  const count = files.sync.read(file, bytes, 0);
  files.sync.close(file);
  return Buffer.from(bytes.subarray(0, count)).toString('latin1');
}

/** Text of `bytes` length that differs in every sector and with `letter`. */
export function patternedText(letter: string, bytes: number): string {
  let text = '';
  for (let index = 0; text.length < bytes; index++) text += `${letter}${index}.`;
  return text.slice(0, bytes);
}
