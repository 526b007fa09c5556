// What an exit code of ours means and what to do about it, in words (architecture.md, "Exit codes").
import type { Report } from '../lifecycle/index.ts';

export interface Meaning {
  readonly means: string;
  readonly todo: string;
}

export const NOTHING = 'Nothing.';

const MEANINGS: Readonly<Record<number, Meaning>> = {
  0: { means: 'it ended as it should', todo: NOTHING },
  1: { means: 'the work failed', todo: 'Read the error and the log of the work.' },
  2: { means: 'used wrongly', todo: 'Correct the command line or the settings.' },
  100: {
    means: 'the drain budget was exceeded',
    todo: 'Allow a longer drain if it happens often.',
  },
  101: {
    means: 'saving failed; the last good checkpoint stands',
    todo: 'Look at the disk and at the error of `persist`, then start again: work since that checkpoint is done again.',
  },
  102: {
    means: 'it is not proven that everything was released',
    todo: 'End the survivors named below and check GPUs and ports before they are used again.',
  },
  103: { means: 'a router did not confirm that it forgot this unit', todo: 'Remove the unit from the router by hand.' },
  104: { means: 'forced by a second signal', todo: NOTHING },
  105: {
    means: 'killed at the deadline',
    todo: 'Find what `stuck` names; it did not end when asked. Then start again: the state is as of the last commit.',
  },
  106: {
    // Which of them it was, only the error says.
    means: 'refused: the state, its source or a model is nothing that it could go on with',
    todo: 'Do what the error says. `lastcall verify PATH --deep` finds damage in the state at PATH; `lastcall verify PATH --pipeline FILE` finds a source or a pipeline that has become another one.',
  },
  107: {
    means: 'fenced: another instance owns this work',
    todo: 'Nothing, if the other instance is the one you want.',
  },
  108: { means: 'preempted, with a checkpoint saved', todo: 'Queue it again; it resumes from the checkpoint.' },
  109: { means: 'a dependency was not available', todo: 'Bring up what the error names and start again.' },
  110: { means: 'an internal error', todo: 'Please report it with this report attached.' },
  126: { means: 'the command could not be run', todo: 'Check its path and permissions.' },
  127: { means: 'the command was not found', todo: 'Check its name and PATH.' },
  137: {
    means: 'killed before it could end: SIGKILL, out of memory, or power loss',
    todo: 'Look into the log of the system for who or what killed it, then start it again.',
  },
};

/** Codes of endings that may leave work to the next start. */
const HANDING_BACK: readonly number[] = [100, 104];

/** What of a report decides. */
export type Ended = Pick<Report, 'exitCode' | 'exitCodeFrom' | 'work'>;

/** Exit codes above this, up to 128 + 64, say which signal ended a process. */
const SIGNAL_BASE = 128;

export function meaningOf({ exitCode, exitCodeFrom, work }: Ended): Meaning {
  // Programs use 100 to 110 for purposes of their own (a Rust panic is 101), so a code of the work is only its own.
  if (exitCodeFrom === 'work' && exitCode !== 0) {
    if (exitCode > SIGNAL_BASE) {
      return { means: `the work was ended by signal ${exitCode - SIGNAL_BASE}`, todo: 'Find out who sent the signal.' };
    }
    return { means: `the work itself ended with ${exitCode}`, todo: 'Read the error and the log of the work.' };
  }
  const known = MEANINGS[exitCode] ?? { means: `unknown code ${exitCode}`, todo: 'Read the log of the unit.' };
  if (work.returned === 0 || !HANDING_BACK.includes(exitCode)) return known;
  return {
    means: `${known.means} and work was handed back`,
    todo: ['What was handed back is done again by the next start.', known.todo]
      .filter((it) => it !== NOTHING)
      .join(' '),
  };
}
