// What every unit can be asked and told through its control socket (contracts.md, "Control socket").
import { durationMs } from '../../base/duration.ts';
import type { Report } from '../report.ts';
import type { ControlHandler } from '../types.ts';
import type { StopCommand, UnitCommands, UnitView } from '../view.ts';
import { Fields } from './body.ts';

/** The longest that one request may wait for an ending: beyond every budget. */
const WAIT_MS_MAX = 24 * 3_600_000;

export interface StopAnswer {
  readonly unit: string;
  readonly instance: string;
  /** There once it is over: only a caller that waits sees it. */
  readonly report: Report | null;
}

/** `GET /status`, `POST /extend` and `POST /checkpoint`. */
export function unitRoutes(view: UnitView, commands: UnitCommands): Readonly<Record<string, ControlHandler>> {
  return {
    'GET /status': () => Promise.resolve({ status: 200, body: view.status() }),
    'POST /extend': ({ body }) => {
      const fields = new Fields(body);
      const ms = fields.require('ms', fields.number('ms'));
      fields.done();
      return Promise.resolve({ status: 200, body: commands.extend(ms) });
    },
    'POST /checkpoint': async ({ body }) => {
      new Fields(body).done();
      return { status: 200, body: await commands.checkpoint() };
    },
  };
}

/**
 * `POST /stop`: 202 at once, or with `?wait=30s` 200 and the report if the ending is over by then.
 * @param givenUp aborted when the server closes: who waits is told what is known by then
 */
export async function stopUnit(
  commands: UnitCommands,
  body: unknown,
  query: URLSearchParams,
  givenUp: AbortSignal,
): Promise<{ status: number; body: StopAnswer }> {
  const wait = query.get('wait');
  const waitMs = wait === null ? 0 : Math.min(WAIT_MS_MAX, durationMs(wait, 'wait'));
  const { unit, instance, ended } = commands.stop(stopCommand(body));
  const report = waitMs === 0 ? null : await within(waitMs, ended, givenUp);
  return { status: report ? 200 : 202, body: { unit, instance, report } };
}

function stopCommand(body: unknown): StopCommand {
  const fields = new Fields(body);
  const scope = fields.text('scope');
  const deadlineMs = fields.number('deadlineMs');
  const mode = fields.oneOf('mode', ['suspend', 'drain']);
  fields.done();
  return {
    ...(scope === undefined ? {} : { scope }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(mode === undefined ? {} : { mode }),
  };
}

function within<Value>(ms: number, promise: Promise<Value>, givenUp: AbortSignal): Promise<Value | null> {
  return new Promise((resolve) => {
    const giveUp = () => resolve(null);
    const timer = setTimeout(giveUp, Math.min(ms, 2 ** 31 - 1));
    timer.unref();
    givenUp.addEventListener('abort', giveUp, { once: true });
    void promise.then(resolve).finally(() => {
      clearTimeout(timer);
      givenUp.removeEventListener('abort', giveUp);
    });
  });
}
