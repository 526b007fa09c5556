// The place of a nested unit: its parent. Its deadline comes from there, its end is told there, and it writes no report
// of its own, since the parent's report contains it.
import { failureOf } from '../core/children.ts';
import type { Report } from '../report.ts';
import type { Log, UnitViewEvent } from '../view.ts';
import type { UnitNode } from './node.ts';
import type { Place, Urgency } from './place.ts';

export class PartPlace implements Place {
  readonly left = Promise.resolve();
  readonly log: Log;
  readonly #parent: UnitNode;
  readonly #hook: string;
  #node: UnitNode | undefined;
  /** The parent asked for this ending, rather than somebody who wanted only this part to stop. */
  #endsWithParent = false;

  constructor(parent: UnitNode, hook: string) {
    this.#parent = parent;
    this.#hook = hook;
    this.log = (event, fields = {}) => parent.log(event, fields);
  }

  get control(): Promise<string | null> {
    return this.#parent.control;
  }

  enter(node: UnitNode): void {
    this.#node = node;
    this.changed(node, 'soon');
  }

  async prepare(): Promise<void> {}

  becameReady(): void {
    this.#parent.dispatch({ type: 'partUp', hook: this.#hook });
  }

  stopping(): void {
    if (!this.#endsWithParent) this.#parent.dispatch({ type: 'partDown', hook: this.#hook });
  }

  deadlineMoved(): void {}

  endBy(budgetMs: number): void {
    this.#endsWithParent = true;
    const { ending } = this.#parent.state;
    const { cause, mode } = ending ?? ({ cause: { kind: 'unknown' }, mode: 'suspend' } as const);
    this.#node?.dispatch({ type: 'stopRequested', cause, deadlineMs: budgetMs, mode });
  }

  /** In the parent's drain the parent's lease is what counts: a part never outlives it. */
  allowExtension(ms: number): number {
    return this.#endsWithParent ? this.#parent.extend(this.#hook, ms).grantedMs : ms;
  }

  tellPlatform(): void {}

  relay(event: UnitViewEvent): void {
    this.#parent.relay(event);
  }

  writeReport(): void {}

  exit(report: Report): void {
    const failed = report.outcome === 'failed';
    const state = this.#node?.state;
    const failure = state === undefined ? null : failureOf(state);
    const error = failed ? (report.error ?? `exit code ${report.exitCode}`) : (failure?.error ?? null);
    const conditions = state?.conditions ?? [];
    this.#parent.dispatch({ type: 'hookSettled', hook: this.#hook, error, conditions, failure });
  }

  kill(): void {}

  changed(unit: UnitNode, urgency: Urgency): void {
    this.#parent.changed(unit, urgency);
  }

  beforeHook(): void {
    this.#parent.beforeHook();
  }
}
