// What a fault is: what it needs, what the target is started through for it, and how it begins and ends. The table has one
// line for each.
import type { Target } from '../target/target.ts';
import type { ToxicProxy } from './toxic-proxy.ts';

export interface FaultPlace {
  readonly target: Target;
  readonly proxy: ToxicProxy | null;
  /** The target's `{dir}` on this machine. */
  readonly directory: string;
  /** Sends GET to this path of the target, once. */
  readonly ask: (path: string) => void;
  readonly blockPath: string | null;
  readonly forMs: number;
}

export interface Launch {
  /** Put in front of the command. */
  readonly through: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface Fault {
  readonly needs: {
    readonly command?: true;
    readonly upstream?: true;
    readonly block?: true;
    /** Programs on the PATH. */
    readonly programs?: readonly string[];
  };
  /** Why it cannot be done here, or null. Asked before anything is started. */
  impossible?(): string | null;
  /** @param directory the target's `{dir}` */
  launch?(directory: string): Launch;
  /** Returns how to end it. */
  begin(place: FaultPlace): () => void;
}
