// An HTTP server as part of a unit: `unit.use(drainHttp(server, { readiness: '/readyz' }))`. In the order of an ending:
// readiness turns 503 while everything is still served (announce); listening ends and later requests are refused
// (intake); what was accepted is finished (drain); what is then left is cut and booked (release). Invariants 1 and 2.
import { checkOptions, type OptionNames } from '../../base/given.ts';
import { readinessAnswer } from '../health-answers.ts';
import type { HookContext, Participant, Unit } from '../types.ts';
import { Front } from './front.ts';
import type { FrontRules } from './rules.ts';
import { assertServer, type HttpServer } from './server.ts';
import type { OpenExchange } from './tracker.ts';

export interface DrainHttpOptions {
  /** Path that is answered in front of the application: 200, or 503 while the unit is not ready. Default: none. */
  readiness?: string;
  /** Name of its hooks and of its status; each server of a unit needs one of its own. Default `http`. */
  name?: string;
  /**
   * Called once when draining begins, with the exchanges that end only when one side says so: upgraded connections
   * (WebSockets) and streams of server-sent events. Say goodbye to each and end it; draining waits for them.
   */
  goodbye?: (open: readonly OpenExchange[], context: HookContext) => void | Promise<void>;
}

const OPTIONS: OptionNames<DrainHttpOptions> = { readiness: true, name: true, goodbye: true };

/** Connections that are idle are looked for this often; usually they are closed sooner, when their last answer ends. */
export const SWEEP_EVERY_MS = 50;

/**
 * Makes a server end with a unit. It may listen already or later. Requests are counted as the unit's work by ids such
 * as `GET /predict #17`.
 * @param server of node:http, node:https or node:http2; Fastify: `app.server`
 * @throws LastcallError `usage` if it is none of these, or an option is not known; on `use`, if the server belongs to a unit already
 */
export function drainHttp(server: HttpServer, options: DrainHttpOptions = {}): Participant {
  assertServer(server);
  checkOptions('drainHttp', options, OPTIONS);
  return { join: (unit) => join(unit, server, options) };
}

function join(unit: Unit, server: HttpServer, options: DrainHttpOptions): void {
  const answer = (path: string) =>
    path === options.readiness ? readinessAnswer(unit.name, unit.phase, unit.readiness()) : null;
  joinFront(unit, server, { ...options, rules: { answer, refuse: () => 'answer' } });
}

/** For features that put more in front of a server than readiness. */
export interface FrontOptions extends Pick<DrainHttpOptions, 'name' | 'goodbye'> {
  readonly rules: FrontRules;
  /** Names of drain hooks that wait until nothing is in flight here. */
  readonly drainsBefore?: readonly string[];
}

/** As `drainHttp`, with rules of one's own. */
export function joinFront(unit: Unit, server: HttpServer, options: FrontOptions): void {
  const front = new Front(server, unit, options.rules);
  try {
    addHooks(unit, front, options);
  } catch (error) {
    front.letGoAll();
    throw error;
  }
}

function addHooks(unit: Unit, front: Front, { name = 'http', goodbye, drainsBefore = [] }: FrontOptions): void {
  let sweep: NodeJS.Timeout | undefined;
  unit.onIntake(name, async () => {
    sweep = setInterval(() => front.sweep(), SWEEP_EVERY_MS).unref();
    await front.refuse();
  });
  const drain = async ({ signal }: HookContext) => {
    await front.quiet(signal);
    // If time was up, what is in flight may still finish during persist; it is cut by release.
    if (!signal.aborted) await front.closeConnections(signal);
  };
  unit.onDrain(name, drain, { dependsOn: drainsBefore });
  if (goodbye) {
    unit.onDrain(`${name} goodbye`, async (context) => {
      const open = front.openExchanges();
      if (open.length > 0) await goodbye(open, context);
    });
  }
  unit.onRelease(name, () => {
    clearInterval(sweep);
    front.release();
  });
  unit.extension({ status: () => ({ [name]: front.status() }) });
}
