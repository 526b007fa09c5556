// A unit that only says what a test tells it to, for tests of the services that stand around a unit. Nothing ends here.
import type { UnitCommands, UnitStatus, UnitView, UnitViewEvent } from '../view.ts';
import type { Report } from '../report.ts';

export interface ScriptedUnit {
  status: UnitStatus;
  readonly view: UnitView;
  readonly commands: UnitCommands;
  /** Commands in the order they came. */
  readonly calls: unknown[];
  /** Settles what `stop` returned. */
  end(report: Report): void;
  tell(event: UnitViewEvent): void;
  listeners(): number;
}

export function scriptedUnit(overrides: Partial<UnitCommands> = {}): ScriptedUnit {
  const listeners = new Set<(event: UnitViewEvent) => void>();
  const calls: unknown[] = [];
  const ended = Promise.withResolvers<Report>();
  const scripted: ScriptedUnit = {
    status: readyStatus(),
    calls,
    end: ended.resolve,
    tell: (event) => listeners.forEach((listener) => listener(event)),
    listeners: () => listeners.size,
    view: {
      kind: 'service',
      name: 'api',
      instance: 'unit_1',
      phase: () => scripted.status.phase,
      readiness: () => ({
        ready: scripted.status.ready,
        stage: scripted.status.stage,
        remainingMs: scripted.status.remainingMs,
      }),
      everReady: () => scripted.status.everReady,
      status: () => scripted.status,
      metrics: () => [],
      on: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    commands: {
      stop: (command) => {
        calls.push({ stop: command });
        return { unit: 'api', instance: 'unit_1', ended: ended.promise };
      },
      extend: (ms) => {
        calls.push({ extend: ms });
        return { grantedMs: Math.min(ms, 30_000), reason: null };
      },
      checkpoint: () => Promise.resolve({ id: 'ckpt_1', verified: true, stepsBack: 0, position: {} }),
      routes: () => ({}),
      ...overrides,
    },
  };
  return scripted;
}

function readyStatus(): UnitStatus {
  return {
    unit: { kind: 'service', name: 'api', instance: 'unit_1', pid: process.pid, host: 'here' },
    phase: 'ready',
    ready: true,
    everReady: true,
    stage: null,
    remainingMs: null,
    upMs: 1,
    work: { of: 'requests', inFlight: 1, accepted: 10, finished: 6, returned: 1, lost: 2, unknown: 0 },
    checkpoint: null,
    pending: [],
    parts: [],
    details: {},
  };
}
