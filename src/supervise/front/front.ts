// What stands before the application of `lastcall run --listen`: clients speak to it, and it speaks to the application.
// So readiness, intake and drain are right whatever the application does on SIGTERM: whoever ends the application waits
// for the front's drain, which is over when nothing is in flight.
import type { DurationInput } from '../../base/duration.ts';
import type { PlaneOptions } from '../../gateway/index.ts';
import type { HealthPaths } from '../../lifecycle/health-routes.ts';
import type { Unit } from '../../lifecycle/index.ts';

export interface FrontOptions extends PlaneOptions {
  /** `8080`, `127.0.0.1:8080`, `unix:/run/front.sock`, `fd:3`; with `tcp:` before it: any protocol. */
  listen: readonly string[];
  /** Port of the application on 127.0.0.1, `host:port`, or `unix:/path`. */
  app: string;
  /** Names of drain hooks that wait until nothing is in flight: what ends the application. */
  drainsBefore?: readonly string[];
  /** Paths of health on the front; null = not served there. Default /livez, /readyz, /health, /startupz, /metrics. */
  paths?: Readonly<{ [Name in keyof HealthPaths]?: string | null }>;
  /** How long a request waits while the application starts, or starts again. Default 10 s; 0 = 503 at once. */
  wait?: DurationInput;
  /** Time for the head of an answer. Default 0: no limit. */
  firstByte?: DurationInput;
  /** Bytes of a request's body at most. Default 0: no limit. */
  bodyBytesMax?: number;
  /** What comes after intake began: 503 with Retry-After (`answer`), or a closed connection. Default `answer`. */
  whenDraining?: 'answer' | 'close';
  /** File that gets a line for what each request does (contracts.md, "Task log"). */
  taskLog?: string;
  /** `tcp:`: silence after the application's word that ends an exchange while draining. Default 200 ms. */
  quiet?: DurationInput;
}

export interface Front {
  /** TCP ports that it opened itself. */
  readonly ports: readonly number[];
  /** The application can be spoken to: what waited goes to it. */
  appReady(): void;
  /** The application ended, or starts again: what comes waits for it. */
  appGone(): void;
  /** Ports of the front that still answer: proof that it has stopped is an empty list. */
  stillAnswering(): Promise<readonly number[]>;
}

/**
 * Listens, as a part of `unit`. Until `appReady` requests wait. What carries it is loaded now, not with this file:
 * most commands that are run have no front.
 * @throws LastcallError `usage` for an option that cannot be used, `io` if it cannot listen there
 */
export async function startFront(unit: Unit, options: FrontOptions): Promise<Front> {
  const { start } = await import('./start.ts');
  return start(unit, options, null);
}
