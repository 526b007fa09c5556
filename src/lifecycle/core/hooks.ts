// Which hooks of a stage may start: a hook runs before what it depends on, so a thing waits until all that need it
// have settled; independent ones run side by side.
import { LastcallError } from '../../base/errors.ts';
import type { Hook, HookSpec, StageName, UnitState } from './types.ts';

export function isSettled(hook: Hook): boolean {
  return hook.state !== 'waiting' && hook.state !== 'running';
}

export function hooksOf(hooks: readonly Hook[], stage: StageName): readonly Hook[] {
  return hooks.filter((hook) => hook.stage === stage);
}

/** Whether something comes to its own end, in a mode that lets it. */
export function isFinishing({ hooks, ending }: Pick<UnitState, 'hooks' | 'ending'>): boolean {
  return ending?.mode === 'drain' && hooks.some((hook) => hook.finishes === true && !isSettled(hook));
}

/** Waiting hooks of a stage that no unsettled hook depends on. */
export function startable(hooks: readonly Hook[], stage: StageName): readonly Hook[] {
  const inStage = hooksOf(hooks, stage);
  const needed = new Set(inStage.filter((hook) => !isSettled(hook)).flatMap((hook) => hook.dependsOn));
  return inStage.filter((hook) => hook.state === 'waiting' && !needed.has(hook.id));
}

/**
 * The hooks with one more. Names may be depended on before they are added.
 * @throws LastcallError `usage` for a second hook of the same id, a circle of dependencies, or `finishes` in another stage than announce
 */
export function addHook(hooks: readonly Hook[], spec: HookSpec): readonly Hook[] {
  if (hooks.some((hook) => hook.id === spec.id)) {
    throw new LastcallError('usage', {
      what: `the stage ${spec.stage} has a hook of this name already`,
      on: spec.name,
      todo: 'Give each hook of a stage a name of its own.',
    });
  }
  if (spec.finishes === true && spec.stage !== 'announce') {
    throw new LastcallError('usage', {
      what: 'from intake on nothing new is accepted, so nothing that comes in can come to its end',
      on: spec.name,
      todo: 'Give `finishes` to a hook of announce.',
    });
  }
  const next = [...hooks, { ...spec, state: 'waiting' as const, down: false, failure: null }];
  const circle = findCircle(next, spec.id);
  if (circle) {
    throw new LastcallError('usage', {
      what: `hooks depend on each other in a circle: ${circle.join(' → ')}`,
      on: spec.name,
      todo: 'Remove one of these dependencies.',
    });
  }
  return next;
}

function findCircle(hooks: readonly Hook[], start: string): readonly string[] | null {
  const byId = new Map(hooks.map((hook) => [hook.id, hook]));
  const visit = (id: string, path: readonly string[]): readonly string[] | null => {
    for (const needed of byId.get(id)?.dependsOn ?? []) {
      if (needed === start) return [...path, start];
      if (path.includes(needed)) continue;
      const found = visit(needed, [...path, needed]);
      if (found) return found;
    }
    return null;
  };
  return visit(start, [start]);
}
