// A FileLayer that counts I/O steps and may act before one: fail it as a device would, or kill the process. A test first
// counts the steps of a procedure and then runs it once per step.
import { OPERATION_NAMES } from '../layer.ts';
import type { AsyncFileOperations, FileLayer, FileOperations, OperationName } from '../layer.ts';

export interface ObservedStep {
  /** 1, 2, … */
  readonly number: number;
  readonly name: OperationName;
  readonly args: readonly unknown[];
}

export interface ObservedFiles extends FileLayer {
  /** How many steps there were. */
  readonly steps: number;
}

type AnyOperation = (...args: readonly unknown[]) => unknown;

/** Calls `before` ahead of each step; the step fails with what it throws. A close that fails closes all the same. */
export function observedFiles(files: FileLayer, before: (step: ObservedStep) => void): ObservedFiles {
  let steps = 0;
  const begin = (name: OperationName, args: readonly unknown[]): void => {
    steps += 1;
    try {
      before({ number: steps, name, args });
    } catch (error) {
      if (name === 'close') files.sync.close(args[0] as number);
      throw error;
    }
  };
  const wrapped = <Operations extends object>(
    operations: Operations,
    run: (call: () => unknown) => unknown,
  ): Operations =>
    Object.fromEntries(
      OPERATION_NAMES.map((name) => [
        name,
        (...args: readonly unknown[]) =>
          run(() => {
            begin(name, args);
            return ((operations as FileOperations)[name] as AnyOperation)(...args);
          }),
      ]),
    ) as Operations;
  return {
    sync: wrapped<FileOperations>(files.sync, (call) => call()),
    async: wrapped<AsyncFileOperations>(files.async, async (call) => call()),
    get steps() {
      return steps;
    },
  };
}

/** What a device or file system answers. */
export type FaultCode = 'EIO' | 'ENOSPC' | 'EROFS';

/** Step number `at` fails, and all others work. */
export function failingOnce(files: FileLayer, at: number, code: FaultCode): ObservedFiles {
  return observedFiles(files, (step) => {
    if (step.number === at) throw systemFault(step, code);
  });
}

/** Every step from number `from` on fails, the clean-up of the procedure too. */
export function failingFrom(files: FileLayer, from: number, code: FaultCode): ObservedFiles {
  return observedFiles(files, (step) => {
    if (step.number >= from) throw systemFault(step, code);
  });
}

function systemFault({ name, number }: ObservedStep, code: FaultCode): Error {
  return Object.assign(new Error(`${code}: injected at step ${number}, ${name}`), { code });
}
