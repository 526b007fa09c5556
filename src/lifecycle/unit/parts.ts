// Nested units of one unit. A part is a hook of its parent's drain and runs a reducer of its own: the parent's core says
// when it has to end and by when; the part's ending, by whatever cause, is what settles that hook.
import { LastcallError } from '../../base/errors.ts';
import type { Report } from '../report.ts';
import type { PartOptions } from '../types.ts';
import type { Executor } from './executor.ts';
import type { UnitNode } from './node.ts';

/** Reports of parts that ended and were started again, kept for the parent's report. */
const FORMER_REPORTS_MAX = 100;

export function partHookId(name: string): string {
  return `part:${name}`;
}

export class Parts {
  readonly #parent: Executor;
  readonly #current = new Map<string, UnitNode>();
  readonly #former: Report[] = [];

  constructor(parent: Executor) {
    this.#parent = parent;
  }

  /**
   * Adds the hook that stands for a part, in the place of an ended one of the same name.
   * @throws LastcallError `usage` if a part of this name is at work, or the parent takes no new work any more
   */
  add(name: string, options: PartOptions, create: (hook: string) => UnitNode): UnitNode {
    const former = this.#current.get(name);
    if (former && former.phase !== 'ended') {
      throw new LastcallError('usage', {
        what: 'a part of this name is at work',
        on: name,
        todo: 'Give each part of a unit a name of its own, or stop the other one first.',
      });
    }
    const hook = partHookId(name);
    if (former) this.#parent.dispatch({ type: 'hookRemoved', hook });
    const dependsOn = (options.dependsOn ?? []).map(partHookId);
    const optional = options.optional ?? false;
    this.#parent.dispatch({
      type: 'hookAdded',
      hook: { id: hook, name, stage: 'drain', dependsOn, kind: 'child', optional },
    });
    const part = create(hook);
    this.#current.set(name, part);
    if (former) {
      this.#former.push(former.report());
      this.#former.splice(0, this.#former.length - FORMER_REPORTS_MAX);
    }
    // The one before is down; the parent needs this one up before it is ready again.
    if (former) this.#parent.dispatch({ type: 'partDown', hook });
    return part;
  }

  byHook(hook: string): UnitNode | undefined {
    return [...this.#current.values()].find((part) => partHookId(part.name) === hook);
  }

  all(): readonly UnitNode[] {
    return [...this.#current.values()];
  }

  /** Of all that ever were, as far as they are remembered. */
  instances(): readonly string[] {
    return [...this.#former.map((report) => report.unit.instance), ...this.all().map((part) => part.instance)];
  }

  /** Every part, and theirs, nearest first. */
  *tree(): Generator<UnitNode> {
    yield* this.#current.values();
    for (const part of this.#current.values()) yield* part.parts.tree();
  }

  /** Reports of all that ever were, for a parent that ends now: what has not ended is cut. */
  finalReports(): readonly Report[] {
    for (const part of this.#current.values()) part.endNow();
    return [...this.#former, ...this.all().map((part) => part.report())];
  }
}

/**
 * The unit that a scope means: the whole for `system`, `pipeline` or nothing; `part:NAME` any part of that name;
 * another `KIND:NAME` only one of that kind, such as `model:churn`.
 * @throws LastcallError `not_found`
 */
export function findScope(root: UnitNode, scope: string | undefined): UnitNode {
  if (scope === undefined || scope === 'system' || scope === 'pipeline') return root;
  const [, kind, name] = /^([a-z]+):(.+)$/.exec(scope) ?? [];
  for (const part of root.parts.tree()) {
    if (part.name === name && (kind === 'part' || kind === part.kind)) return part;
  }
  const known = [...root.parts.tree()].map((part) => `${part.kind}:${part.name}`);
  throw new LastcallError('not_found', {
    what: `${JSON.stringify(scope)} is no scope of this unit`,
    on: root.name,
    todo: known.length > 0 ? `Use system, or one of ${known.join(', ')}.` : 'It has no parts; use system.',
  });
}
