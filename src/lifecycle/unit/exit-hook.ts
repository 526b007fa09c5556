// Running a hook inside `process.exit()`, where nothing can be awaited: release hooks run their synchronous part, the
// others are not begun, since half of them would be worse than none.
import { messageOf } from '../../base/errors.ts';
import type { StageName } from '../core/types.ts';
import type { HookContext, HookFunction } from '../types.ts';

/** Stages whose hooks owe something to the outside: not running them is an error, the rest ends with the process. */
const OWED: readonly StageName[] = ['announce', 'persist'];

/** The error of a hook that was running when `process.exit()` was called. */
export const CUT_BY_EXIT = 'process.exit() ended the process before this was done';

/** @returns what went wrong, or null */
export function runAtExit(hook: HookFunction, context: HookContext): string | null {
  if (context.stage !== 'release') {
    return OWED.includes(context.stage) ? 'not run: process.exit() leaves no time for it' : null;
  }
  try {
    const result = hook(context);
    const pending = result instanceof Promise && isPending(result);
    if (result instanceof Promise) result.catch(() => undefined);
    return pending ? 'begun, but process.exit() leaves no time to wait for it' : null;
  } catch (error) {
    return messageOf(error);
  }
}

/** An async function without awaits is done already; only inspection tells that without waiting. */
function isPending(promise: Promise<unknown>): boolean {
  // Not imported: that would load a dozen modules behind node:util with `import 'lastcall'`.
  return process.getBuiltinModule('node:util').inspect(promise).includes('<pending>');
}
