// What becomes of a command line: which program ends up as the main one, and what stands between it and the signal.
import type { Script, SimpleCommand } from '../read/shell.ts';

/** A package manager that starts the program and does not pass signals on to it. */
export type Manager = 'npm' | 'yarn' | 'pnpm' | 'npx';

export interface Launch {
  /** The words that the platform starts, before anything is taken off. */
  readonly argv: readonly string[];
  /** How the words were written. */
  readonly form: 'exec' | 'shell-form' | 'words';
  /** Something that reaps and passes signals on (tini, dumb-init, s6, …) comes first. */
  readonly init: boolean;
  /** A shell is the first process; null if none is. */
  readonly shell: ShellStart | null;
  readonly manager: Manager | null;
  /** The main program: base name, lower case, without version (`python3.12` → `python`); empty if it cannot be told. */
  readonly program: string;
  /** Its arguments. */
  readonly args: readonly string[];
}

export interface ShellStart {
  /** `sh`, `bash`, …; of a script, what its first line names. */
  readonly name: string;
  /** The text that it runs, or the script that is beside the file. */
  readonly script: Script;
  /** Path of a script; undefined for `sh -c`. */
  readonly path: string | undefined;
  /** What it runs last at the top level. */
  readonly last: SimpleCommand | undefined;
  /** The shell becomes its last command (`exec`), so that it is gone. */
  readonly execs: boolean;
  /** It sets a trap for TERM, INT or EXIT itself. */
  readonly traps: boolean;
  /** It leaves something running with `&`. */
  readonly background: boolean;
}

/** The value of an option in `--name value`, `--name=value`, `-n value` or `-nvalue` form. */
export function optionValue(args: readonly string[], ...names: readonly string[]): string | undefined {
  for (const [index, word] of args.entries()) {
    for (const name of names) {
      if (word === name) return args[index + 1];
      if (word.startsWith(`${name}=`)) return word.slice(name.length + 1);
      if (/^-[A-Za-z]$/.test(name) && word.startsWith(name) && word.length > 2) return word.slice(2);
    }
  }
  return undefined;
}
