// The seam for a front door: what listens in the command's stead (`--listen`), holds new work back during the ending and
// counts what is in flight. It takes part in the unit like anything else, and is told what it cannot know by itself.
import type { Unit } from '../../lifecycle/index.ts';

/** What a front door knows of the command behind it. */
export interface BehindTheDoor {
  /** Where the command listens; null if nobody said. */
  readonly appPort: number | null;
  /** Whether the command is up: ready, and not between two starts. */
  isUp(): boolean;
  /** Name of the drain hook that ends the command. A drain hook that `dependsOn` it runs before, while the command serves. */
  readonly commandHook: string;
}

/**
 * `join` adds what it does to the stages: announce (readiness 503, `Connection: close`), intake (refuse), drain (wait for
 * what is in flight, `dependsOn: [commandHook]`), release (the port answers no more). It counts in `unit.work`, and says
 * `unit.listening()` once it listens.
 */
export interface FrontDoor {
  /** Settles when it listens; until the command is up it answers 503. @throws LastcallError if the address cannot be had */
  join(unit: Unit, behind: BehindTheDoor): Promise<void>;
}
