// Trials of power loss: a procedure runs on a fresh simulated disk once per seed and step, the power goes off before
// that step (or after the last), and what is left is checked.
import { SimulatedDisk } from './simulated-disk.ts';

export interface PowerLossScenario {
  /** Puts the disk into its first, durable state. */
  prepare(disk: SimulatedDisk): void | Promise<void>;
  /** The procedure under test. */
  act(disk: SimulatedDisk): void | Promise<void>;
  /** Looks at the disk after the restart and throws if what is there must not be. */
  check(disk: SimulatedDisk, trial: PowerLossTrial): void | Promise<void>;
}

export interface PowerLossTrial {
  readonly seed: number;
  /** The power went off before this step. */
  readonly step: number;
  /** Whether the procedure had returned, so that what it promised must hold. */
  readonly returned: boolean;
}

/**
 * Runs the scenario for each seed in 0 … `seeds` − 1 and each step.
 * @returns number of trials
 * @throws what `check` throws, with seed and step in the message
 */
export async function powerLossTrials(seeds: number, scenario: PowerLossScenario): Promise<number> {
  let trials = 0;
  for (let seed = 0; seed < seeds; seed++) {
    for (let step = 1, returned = false; !returned; step++) {
      returned = await trial(seed, step, scenario);
      trials += 1;
    }
  }
  return trials;
}

async function trial(seed: number, step: number, scenario: PowerLossScenario): Promise<boolean> {
  const disk = new SimulatedDisk(seed);
  await scenario.prepare(disk);
  disk.losePowerBefore(step);
  let returned = true;
  try {
    await scenario.act(disk);
  } catch (error) {
    if (disk.hasPower) throw error;
    returned = false;
  }
  disk.restart();
  try {
    await scenario.check(disk, { seed, step, returned });
  } catch (error) {
    throw new Error(`power loss before step ${step}, seed ${seed}: ${String(error)}`, { cause: error });
  }
  return returned;
}
