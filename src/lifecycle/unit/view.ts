// A unit as its services see it (view.ts), and what they may ask of it.
import { LastcallError, messageOf } from '../../base/errors.ts';
import type { Clock } from '../../base/clock.ts';
import { unitMetrics } from '../metrics.ts';
import type { ControlHandler, MetricFamily } from '../types.ts';
import type { UnitCommands, UnitStatus, UnitView } from '../view.ts';
import type { UnitNode } from './node.ts';
import { findScope } from './parts.ts';

export function viewOf(node: UnitNode, clock: Clock): UnitView {
  return {
    kind: node.kind,
    name: node.name,
    instance: node.instance,
    phase: () => node.phase,
    readiness: () => node.readiness(),
    everReady: () => node.state.readyAtMs !== null,
    status: () => statusOf(node, clock),
    metrics: () => metricsOf(node, clock),
    on: (listener) => node.on(listener),
  };
}

export function statusOf(node: UnitNode, clock: Clock): UnitStatus {
  const { state } = node;
  return {
    unit: node.identity,
    phase: state.phase,
    ...node.readiness(),
    everReady: state.readyAtMs !== null,
    upMs: Math.round(clock.monotonicMs() - state.startedAtMs),
    work: { of: node.workOf, inFlight: state.work.inFlight, ...state.work.counts },
    checkpoint: state.checkpoint,
    pending: state.hooks.filter((hook) => hook.state === 'running').map((hook) => hook.name),
    parts: node.parts.all().map((part) => statusOf(part, clock)),
    details: detailsOf(node),
  };
}

/** One extension that fails must not hide the rest of the status. */
function detailsOf(node: UnitNode): Record<string, unknown> {
  const details: Record<string, unknown> = {};
  for (const extension of node.extensions) {
    try {
      Object.assign(details, extension.status?.());
    } catch (error) {
      details['error'] = messageOf(error);
    }
  }
  return details;
}

function metricsOf(node: UnitNode, clock: Clock): readonly MetricFamily[] {
  const units = [node, ...node.parts.tree()];
  return units.flatMap((unit) => [
    ...unitMetrics(statusOf(unit, clock), unit.state.stages),
    ...unit.extensions.flatMap((extension) => extension.metrics?.() ?? []),
  ]);
}

export function commandsOf(node: UnitNode): UnitCommands {
  return {
    stop({ scope, deadlineMs, mode }) {
      const unit = findScope(node, scope);
      unit.dispatch({
        type: 'stopRequested',
        cause: { kind: 'api' },
        deadlineMs: deadlineMs ?? null,
        mode: mode ?? 'suspend',
      });
      return { unit: unit.name, instance: unit.instance, ended: unit.reported };
    },
    extend: (ms) => extendRunning(node, ms),
    checkpoint: () => checkpointOf(node),
    routes: () => routesOf(node),
  };
}

/** An operator's lease goes to the first hook that runs; when that is a part, to what runs in there as well. */
function extendRunning(node: UnitNode, ms: number): { grantedMs: number; reason: string | null } {
  const hook = node.state.hooks.find((candidate) => candidate.state === 'running');
  if (!hook) return { grantedMs: 0, reason: 'no stage is waiting for anything' };
  const part = hook.kind === 'child' ? node.parts.byHook(hook.id) : undefined;
  return part ? extendRunning(part, ms) : node.extend(hook.id, ms);
}

async function checkpointOf(node: UnitNode): Promise<Awaited<ReturnType<UnitCommands['checkpoint']>>> {
  for (const unit of [node, ...node.parts.tree()]) {
    const able = unit.extensions.find((extension) => 'checkpoint' in extension);
    const checkpoint = await able?.checkpoint?.();
    if (!checkpoint) continue;
    unit.checkpointed(checkpoint);
    return checkpoint;
  }
  throw new LastcallError('usage', {
    what: 'nothing in this unit makes checkpoints',
    on: node.name,
    todo: 'Checkpoints are for pipelines and jobs that save their state.',
  });
}

function routesOf(node: UnitNode): Readonly<Record<string, ControlHandler>> {
  const routes: Record<string, ControlHandler> = {};
  for (const unit of [node, ...node.parts.tree()]) {
    for (const extension of unit.extensions) Object.assign(routes, extension.routes);
  }
  return routes;
}
