// Every fault that a drill can do. Adding one: a line here, and where it is done beside it.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { LastcallError } from '../../base/errors.ts';
import { suggestion } from '../../base/nearest.ts';
import { clockStep } from './clock-step.ts';
import type { Fault } from './fault.ts';
import { noFiles, noMemory } from './limits.ts';
import { diskFull, noDns } from './mounts.ts';
import { pause, starve } from './stopping.ts';
import type { Toxicity } from './toxic-proxy.ts';

const FAULTS: Readonly<Record<string, Fault>> = {
  pause,
  starve,
  'no-files': noFiles,
  'no-memory': noMemory,
  'disk-full': diskFull,
  'no-dns': noDns,
  'clock-step': clockStep,
  'slow-upstream': upstream('slow'),
  'reset-upstream': upstream('reset'),
  'black-hole-upstream': upstream('black-hole'),
  'upstream-down': upstream('down'),
  block: {
    needs: { block: true },
    begin({ ask, blockPath }) {
      ask(blockPath!);
      return () => {};
    },
  },
};

export interface FaultSurroundings {
  readonly isCommand: boolean;
  readonly hasUpstream: boolean;
  readonly hasBlockPath: boolean;
}

/** @throws LastcallError `usage` for an unknown one, `dependency` for one that cannot be done here */
export function findFaults(names: readonly string[], surroundings: FaultSurroundings): readonly Fault[] {
  return names.map((name) => {
    const fault = FAULTS[name];
    const known = Object.keys(FAULTS);
    if (!fault) {
      const todo = suggestion(name, known, `There are: ${known.join(', ')}.`);
      throw new LastcallError('usage', { what: 'there is no such fault', on: `--fault ${name}`, todo });
    }
    const { needs } = fault;
    if (needs.command && !surroundings.isCommand)
      throw lacks(name, 'the target to be started by the drill', 'Use --cmd.');
    if (needs.upstream && !surroundings.hasUpstream)
      throw lacks(name, '--upstream', 'Give --upstream HOST:PORT, and {upstream} in --cmd.');
    if (needs.block && !surroundings.hasBlockPath)
      throw lacks(name, '--block', 'Name a path that makes the target block its event loop.');
    const missing = (needs.programs ?? []).find((program) => !isOnPath(program));
    if (missing !== undefined) throw unavailable(name, `${missing} is not on the PATH`);
    const why = fault.impossible?.() ?? null;
    if (why !== null) throw unavailable(name, why);
    return fault;
  });
}

function upstream(toxicity: Toxicity): Fault {
  return {
    needs: { upstream: true },
    begin({ proxy }) {
      proxy!.become(toxicity);
      return () => {};
    },
  };
}

function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function lacks(name: string, what: string, todo: string): LastcallError {
  return new LastcallError('usage', { what: `this fault needs ${what}`, on: `--fault ${name}`, todo });
}

function unavailable(name: string, why: string): LastcallError {
  return new LastcallError('dependency', {
    what: why,
    on: `--fault ${name}`,
    todo: 'Install it, or leave the fault out.',
  });
}
