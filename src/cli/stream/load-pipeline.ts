// Loads a pipeline from a module: FILE's default export. The module is the user's own program and runs as such.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LastcallError, messageOf } from '../../base/errors.ts';
import type { Pipeline } from '../../stream/index.ts';

/** @throws LastcallError `usage` if there is no such file or it exports no pipeline, `failed` if it throws */
export async function loadPipeline(file: string): Promise<Pipeline> {
  const path = resolve(file);
  if (!existsSync(path)) {
    throw new LastcallError('usage', {
      what: 'there is no such file',
      on: file,
      todo: 'Name a module that exports a pipeline.',
    });
  }
  let module: { default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as { default?: unknown };
  } catch (error) {
    if (error instanceof LastcallError) throw error;
    throw new LastcallError('failed', {
      what: `it cannot be loaded: ${messageOf(error)}`,
      on: file,
      todo: 'Run it with `node` to see where, or add --debug.',
      cause: error,
    });
  }
  if (isPipeline(module.default)) return module.default;
  throw new LastcallError('usage', {
    what: 'its default export is not a pipeline',
    on: file,
    todo: "Write `export default pipeline('name', { … })`.",
  });
}

/** By its shape: the module may have its own copy of this package. */
function isPipeline(value: unknown): value is Pipeline {
  if (typeof value !== 'object' || value === null) return false;
  const { name, source, step, commit } = value as Partial<Pipeline>;
  return (
    typeof name === 'string' && typeof source === 'object' && typeof step === 'object' && typeof commit === 'object'
  );
}
