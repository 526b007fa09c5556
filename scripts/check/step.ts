// One step of `npm run check`: a question about the repository, and its answer.
import { spawnOwned } from '../owned/own.ts';
import { ROOT } from '../package/compile.ts';
import { join } from 'node:path';

export interface Verdict {
  ok: boolean;
  /** What a person should read: what is wrong, where, and what to do. */
  output: string;
}

export interface Step {
  readonly name: string;
  run(options: StepOptions): Promise<Verdict>;
}

export interface StepOptions {
  /** `update`: write what was expected anew instead of comparing. */
  snapshots: 'compare' | 'update';
}

/** A step that is one program of node_modules; it is fine if that ends with 0. */
export function program(name: string, command: string, args: readonly string[]): Step {
  return { name, run: () => runProgram(command, args) };
}

export async function runProgram(command: string, args: readonly string[]): Promise<Verdict> {
  let output = '';
  const owned = spawnOwned(join(ROOT, 'node_modules', '.bin', command), args, {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: '1' },
    output: (chunk) => (output += chunk.toString()),
  });
  const { code } = await owned.ended;
  return { ok: code === 0, output };
}
