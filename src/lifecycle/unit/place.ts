// Where a unit lives: at the top, in a process and with services around it (root.ts), or inside another unit (part.ts).
import type { Report } from '../report.ts';
import type { Log, UnitViewEvent } from '../view.ts';
import type { UnitNode } from './node.ts';

export type Urgency = 'now' | 'soon';

export interface Place {
  readonly log: Log;
  /** Settles when what was around the unit is gone too, after `exit`. Never rejects. */
  readonly left: Promise<void>;
  /** Address of the control socket once it is served, or null. Never rejects. */
  readonly control: Promise<string | null>;
  /** The node has been made, and belongs here. Called once, first. */
  enter(node: UnitNode): void;
  /** Settles when everything around the unit that `ready` promises is up. */
  prepare(): Promise<void>;
  becameReady(): void;
  /** An ending begins. */
  stopping(): void;
  deadlineMoved(atMs: number): void;
  /** For a part: the parent's core wants it to end within `budgetMs`. */
  endBy(budgetMs: number): void;
  /** How much of a lease of `ms` whoever is around this unit allows. */
  allowExtension(ms: number): number;
  tellPlatform(extendMs: number): void;
  /** An event of this unit, or of one inside it. */
  relay(event: UnitViewEvent): void;
  /** The unit has ended; durable when it returns. */
  writeReport(report: Report): void;
  /** The report is written; only what is around the unit is still there. */
  exit(report: Report): void;
  /** Nothing may be waited for any more. */
  kill(): void;
  /** Something in this unit, or in one inside it, changed; `now` while something ends. */
  changed(unit: UnitNode, urgency: Urgency): void;
  /** A hook is about to run, and may block the event loop: the watchdog must know of what changed. */
  beforeHook(): void;
}
