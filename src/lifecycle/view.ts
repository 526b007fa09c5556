// What the services of a unit (health, control socket, metrics, log) see of it and may ask of it. unit.ts makes both;
// the services know nothing else of a unit, so each can be tested and replaced alone.
import type { LifecycleEvent } from './core/events.ts';
import type { CheckpointRecord, Phase, StageName, StopMode } from './core/types.ts';
import type { Report } from './report.ts';
import type { ControlHandler, MetricFamily } from './types.ts';

/** An event with the unit that it came from; parts name themselves. */
export type UnitViewEvent = LifecycleEvent & { readonly unit: string; readonly instance: string };

export interface Readiness {
  /** 200 or 503 on /readyz. */
  readonly ready: boolean;
  /** The stage that runs while stopping, else null. */
  readonly stage: StageName | null;
  /** Milliseconds until the deadline of the ending, as planned now; null when nothing is ending. */
  readonly remainingMs: number | null;
}

/** What `GET /status` answers; `lastcall ps` and `lastcall status` show it. */
export interface UnitStatus {
  readonly unit: {
    readonly kind: string;
    readonly name: string;
    readonly instance: string;
    readonly pid: number;
    readonly host: string;
  };
  readonly phase: Phase;
  readonly ready: boolean;
  readonly everReady: boolean;
  readonly stage: StageName | null;
  readonly remainingMs: number | null;
  readonly upMs: number;
  readonly work: {
    readonly of: string;
    readonly inFlight: number;
    readonly accepted: number;
    readonly finished: number;
    readonly returned: number;
    readonly lost: number;
    readonly unknown: number;
  };
  readonly checkpoint: CheckpointRecord | null;
  /** Hooks that run now, by name. */
  readonly pending: readonly string[];
  readonly parts: readonly UnitStatus[];
  /** What the unit's extensions add. */
  readonly details: Readonly<Record<string, unknown>>;
}

export interface UnitView {
  readonly kind: string;
  readonly name: string;
  readonly instance: string;
  phase(): Phase;
  readiness(): Readiness;
  /** Whether the unit has been ready once: /startupz. */
  everReady(): boolean;
  status(): UnitStatus;
  /** All families: the lifecycle's own, those of the parts and those of the extensions. metrics.ts renders them. */
  metrics(): readonly MetricFamily[];
  /** Returns how to stop listening. */
  on(listener: (event: UnitViewEvent) => void): () => void;
}

export interface StopCommand {
  /** `system` or `pipeline` (the whole unit, also when left out), `model:NAME` or `part:NAME`. */
  readonly scope?: string;
  readonly deadlineMs?: number;
  readonly mode?: StopMode;
}

export interface UnitCommands {
  /**
   * Begins (or joins) the ending of the scope; `ended` settles with its report, and never rejects.
   * @throws LastcallError `not_found` if there is no such scope
   */
  stop(command: StopCommand): {
    readonly unit: string;
    readonly instance: string;
    readonly ended: Promise<Report>;
  };
  /** Asks for `ms` more for the stage that runs now, a lease from now on. `reason` says why it was refused or cut. */
  extend(ms: number): { readonly grantedMs: number; readonly reason: string | null };
  /** @throws LastcallError `usage` if nothing in this unit can make a checkpoint */
  checkpoint(): Promise<CheckpointRecord>;
  /** Routes of the extensions, `METHOD /path` with `:name` parameters, as they are now. */
  routes(): Readonly<Record<string, ControlHandler>>;
}

/** One line of the log: a stable event name and fields. `time`, `unit` and `instance` are added. createLog makes one. */
export type Log = (event: string, fields?: Readonly<Record<string, unknown>>) => void;
