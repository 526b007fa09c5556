// A directory with input files and a state database, as a pipeline over text files has them.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { OpenSource, Source } from '../../ports.ts';
import { sourceOpener, temporaryDirectory } from './reading.ts';

export interface Scene {
  readonly directory: string;
  readonly open: (source: Source<unknown>) => Promise<OpenSource>;
  readonly path: (name: string) => string;
  readonly write: (name: string, content: string | Buffer) => Promise<void>;
}

export async function scene(context: TestContext): Promise<Scene> {
  const directory = await temporaryDirectory(context);
  await mkdir(join(directory, 'in'));
  const path = (name: string): string => join(directory, 'in', name);
  return {
    directory,
    path,
    open: await sourceOpener(context, directory),
    write: (name, content) => writeFile(path(name), content),
  };
}

/** JSON lines `{"n":from}` … `{"n":to - 1}`. */
export const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => `{"n":${from + index}}\n`).join('');
