// The front as `lastcall run` takes it: something that joins the command's unit, and asks it whether it is up.
import { LastcallError } from '../../base/errors.ts';
import type { Unit } from '../../lifecycle/index.ts';
import type { FrontOptions } from './front.ts';

/** What the front is told of the command behind it. */
export interface Behind {
  /** Where the command listens; null if nobody said. */
  readonly appPort: number | null;
  /** Whether the command is up: ready, and not between two starts. */
  readonly isUp: () => boolean;
  /** Name of the drain hook that ends the command: it waits until nothing is in flight. */
  readonly commandHook: string;
}

export interface DoorOptions extends Omit<FrontOptions, 'app' | 'drainsBefore'> {
  /** Where the command listens if not on a port of 127.0.0.1: `host:port` or `unix:/path`. */
  app?: string;
}

/** @throws LastcallError on `join`: `usage` for an option that cannot be used, `io` if it cannot listen there */
export function frontDoor({ app, ...options }: DoorOptions): { join(unit: Unit, behind: Behind): Promise<void> } {
  return {
    async join(unit, { appPort, isUp, commandHook }) {
      const target = app ?? (appPort === null ? undefined : String(appPort));
      if (target === undefined) {
        throw new LastcallError('usage', {
          what: 'nobody said where the command listens',
          on: '--listen',
          todo: 'Add --app-port PORT.',
        });
      }
      const { start } = await import('./start.ts');
      await start(unit, { ...options, app: target, drainsBefore: [commandHook] }, isUp);
    },
  };
}
