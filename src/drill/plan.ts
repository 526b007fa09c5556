// What one drill is: resolved options, without optionals. The command line makes one (command/plan.ts), the matrix and the
// minimiser make others from it, and a trial runs it from a seed.
import type { ClientKind } from './load/types.ts';
import type { SignalScope } from './target/target.ts';
import type { Expectations, When } from './verdict/core/observation.ts';

export type TargetPlan =
  | { readonly kind: 'command'; readonly words: readonly string[] }
  | { readonly kind: 'pid'; readonly pid: number }
  | {
      readonly kind: 'kubernetes';
      readonly workload: string;
      readonly namespace: string | null;
      readonly kubeconfig: string | null;
    }
  | { readonly kind: 'unit'; readonly name: string; readonly stateDir: string };

export interface LoadPlan {
  readonly path: string;
  readonly method: string;
  readonly body: Buffer | null;
  readonly headers: readonly string[];
  /** Requests a second. */
  readonly rate: number;
  readonly clients: ReadonlyMap<ClientKind, number>;
  readonly timeoutMs: number;
  readonly sse: string | null;
  readonly ws: string | null;
  readonly wsMessage: string;
  /** Clients of each of `sse` and `ws`. */
  readonly streams: number;
  /** Sent instead of HTTP. */
  readonly line: string | null;
}

export interface EndingPlan {
  readonly signal: NodeJS.Signals;
  readonly to: SignalScope;
  readonly when: When;
  readonly afterMs: number;
  readonly second: { readonly signal: NodeJS.Signals; readonly afterMs: number } | null;
}

export interface FaultPlan {
  readonly names: readonly string[];
  readonly leadMs: number;
  readonly forMs: number;
  readonly upstream: { readonly host: string; readonly port: number } | null;
  readonly blockPath: string | null;
}

export interface Plan {
  readonly target: TargetPlan;
  /** Where it answers; may hold {port} and {health}. */
  readonly url: string;
  /** Path on that, or a URL; null: not asked. */
  readonly ready: string | null;
  readonly live: string | null;
  readonly readyWithinMs: number;
  readonly settleMs: number;
  readonly load: LoadPlan;
  readonly ending: EndingPlan;
  readonly faults: FaultPlan;
  /** May hold {dir}. */
  readonly ledger: string | null;
  /** Ids that have to be in the ledger beside those that were answered. */
  readonly expectedIds: readonly string[];
  readonly restart: boolean;
  readonly expectations: Expectations;
  readonly mayLeaveThisMachine: boolean;
  /** The words of the command line that make this plan, for the replay. */
  readonly words: readonly string[];
}
