// What operators ask of a gateway, each under its route. The admin API and the control socket serve the same table, so
// the command line and a program say the same words. Whatever must outlive a restart is durable before it happens.
import { z } from 'zod';
import { durationMs } from '../../base/duration.ts';
import { LastcallError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import type { ControlHandler, ControlRequest } from '../../lifecycle/index.ts';
import type { GatewayConfig } from '../config/compile.ts';
import { analysisSchema } from '../config/schema.ts';
import { name, origin } from '../config/values.ts';
import { poolOf } from '../core/configure.ts';
import type { DrainRules, Instance, Pool } from '../core/types.ts';
import type { Engine } from './engine.ts';
import { GIVEN_ANALYSIS, rolloutSteps } from './rollout-steps.ts';
import { rolloutView, type Rollouts } from './rollouts.ts';
import type { GatewayStore } from './store.ts';
import { instanceView, modelView, routeView, totalsView } from './views.ts';

export interface OperationsParts {
  readonly engine: Engine;
  readonly store: GatewayStore;
  readonly rollouts: Rollouts;
  readonly config: () => GatewayConfig;
  readonly wallMs: () => number;
  /** Reads the file again. @throws LastcallError with what is wrong, and nothing has changed */
  readonly reload: () => Promise<void>;
}

const duration = z.union([z.string().transform((text) => durationMs(text, 'body')), z.number().min(0)]);
const budget = z.strictObject({ deadlineMs: duration, streamsMs: duration, sessionsMs: duration }).partial();
const added = z.strictObject({
  model: name,
  version: name,
  url: z.union([origin, z.string().regex(/^unix:\/[^\s]+$/)]),
  name: name.optional(),
  weight: z.number().positive().max(1_000).default(1),
  source: z.enum(['api', 'run']).default('api'),
});
const start = z.strictObject({
  model: name,
  to: name,
  steps: z.array(z.number().min(0).max(100)).min(1).max(1_000).optional(),
  everyMs: duration.optional(),
  analysis: analysisSchema.optional(),
  keepMs: duration.optional(),
});
const promote = z.strictObject({ full: z.boolean().default(false) });
const abort = z.strictObject({ reason: z.string().max(1_000).default('somebody aborted it') });

export class Operations {
  readonly #parts: OperationsParts;

  constructor(parts: OperationsParts) {
    this.#parts = parts;
  }

  routes(): Readonly<Record<string, ControlHandler>> {
    const { rollouts, reload } = this.#parts;
    return {
      'GET /v1/routes': () => this.#listRoutes(),
      'GET /v1/models': () => this.#listModels(),
      'POST /v1/models/:model/versions/:version/drain': (request) => this.#drainVersion(request),
      'POST /v1/models/:model/versions/:version/return': (request) => this.#returnVersion(request),
      'GET /v1/instances': () => this.#listInstances(),
      'POST /v1/instances': (request) => this.#addInstance(request),
      'GET /v1/instances/:id': async ({ params }) => ok(this.#view(this.#instance(params['id']!))),
      'DELETE /v1/instances/:id': (request) => this.#removeInstance(request),
      'POST /v1/instances/:id/drain': (request) => this.#drain(request),
      'POST /v1/instances/:id/maint': (request) => this.#maint(request),
      'POST /v1/instances/:id/return': (request) => this.#returnInstance(request),
      'GET /v1/rollouts': async () => ok({ rollouts: rollouts.all.map(rolloutView) }),
      'POST /v1/rollouts': (request) => this.#startRollout(request),
      'GET /v1/rollouts/:id': async ({ params }) => ok(rolloutView(rollouts.find(params['id']!))),
      'POST /v1/rollouts/:id/promote': async ({ params, body }) =>
        ok(rolloutView(rollouts.tell(params['id']!, { type: 'promote', full: read(promote, body).full }))),
      'POST /v1/rollouts/:id/pause': async ({ params }) =>
        ok(rolloutView(rollouts.tell(params['id']!, { type: 'pause' }))),
      'POST /v1/rollouts/:id/abort': async ({ params, body }) =>
        ok(rolloutView(rollouts.tell(params['id']!, { type: 'abort', reason: read(abort, body).reason }))),
      'POST /v1/rollouts/:id/undo': async ({ params }) =>
        ok(rolloutView(rollouts.tell(params['id']!, { type: 'undo' }))),
      'GET /v1/totals': async () => ok(totalsView(this.#parts.engine.state)),
      'POST /v1/reload': async () => {
        await reload();
        return ok({ reloaded: true });
      },
    };
  }

  async #listRoutes(): Answer {
    const { core, rules } = this.#parts.config();
    return ok({ routes: core.routes.all.map((route) => routeView(route, rules.get(route))) });
  }

  async #listModels(): Answer {
    const { engine, rollouts } = this.#parts;
    const models = [...engine.state.models.values()];
    return ok({ models: models.map((model) => modelView(model, rollouts.latestOf(model.config.name))) });
  }

  async #listInstances(): Answer {
    return ok({ instances: [...this.#parts.engine.state.instances.values()].map((instance) => this.#view(instance)) });
  }

  async #addInstance({ body }: ControlRequest): Answer {
    const { engine, store } = this.#parts;
    const { model, version, url, weight, source, name: given } = read(added, body);
    const pool = this.#pool(model, version);
    const id = given ?? `${pool.id}/${url.replace(/^https?:\/\//, '')}`;
    const known = engine.state.instances.get(id);
    if (known && (known.url !== url || known.pool !== pool))
      throw refused('there is another instance of this name', id, 'Choose another one.');
    const spec = { id, url, weight };
    store.add({ ...spec, pool: pool.id });
    engine.feed({ type: 'instanceAdded', pool: pool.id, source, spec });
    return { status: 201, body: this.#view(this.#instance(id)) };
  }

  async #removeInstance({ params, body }: ControlRequest): Answer {
    const { engine, store } = this.#parts;
    const instance = this.#instance(params['id']!);
    if (instance.source !== 'api' && instance.source !== 'run') {
      throw refused(`it is named by ${instance.source}`, instance.id, 'Drain it, or take it away there.');
    }
    store.remove(instance.id);
    engine.feed({ type: 'drainAsked', instance: instance.id, cause: 'api', budget: this.#budget(instance.pool, body) });
    return { status: 202, body: this.#view(instance) };
  }

  async #drain({ params, body }: ControlRequest): Answer {
    const { engine, store } = this.#parts;
    const instance = this.#instance(params['id']!);
    const rules = this.#budget(instance.pool, body);
    store.takeOut('instance', instance.id);
    engine.feed({ type: 'drainAsked', instance: instance.id, cause: 'api', budget: rules });
    return { status: 202, body: this.#view(instance) };
  }

  async #maint({ params }: ControlRequest): Answer {
    const instance = this.#instance(params['id']!);
    if (instance.drain === null) throw refused('it does not drain', instance.id, 'Drain it first.');
    this.#parts.engine.feed({ type: 'maintAsked', instance: instance.id });
    return { status: 202, body: this.#view(instance) };
  }

  async #returnInstance({ params }: ControlRequest): Answer {
    const { engine, store } = this.#parts;
    const instance = this.#instance(params['id']!);
    store.bringBack('instance', instance.id);
    engine.feed({ type: 'returnAsked', instance: instance.id });
    return ok(this.#view(instance));
  }

  async #drainVersion({ params, body }: ControlRequest): Answer {
    const { engine, store } = this.#parts;
    const pool = this.#pool(params['model']!, params['version']!);
    const rules = this.#budget(pool, body);
    store.takeOut('version', pool.id);
    engine.feed({ type: 'versionDrainAsked', pool: pool.id, budget: rules });
    return { status: 202, body: { pool: pool.id, draining: true } };
  }

  async #returnVersion({ params }: ControlRequest): Answer {
    const { engine, store } = this.#parts;
    const pool = this.#pool(params['model']!, params['version']!);
    store.bringBack('version', pool.id);
    engine.feed({ type: 'versionReturnAsked', pool: pool.id });
    return ok({ pool: pool.id, draining: false });
  }

  async #startRollout({ body }: ControlRequest): Answer {
    const { config, rollouts } = this.#parts;
    const { model, to, steps, everyMs, analysis, keepMs } = read(start, body);
    const { file } = config();
    const configured = file.models[model]?.rollout;
    if (steps === undefined && !configured) {
      throw refused('no steps are given, and none are configured', model, 'Give steps, such as 5, 25, 50, 100.');
    }
    const given = steps === undefined ? null : rolloutSteps(steps, everyMs, analysis);
    const keep = keepMs ?? configured?.keep ?? 1_800_000;
    const rules = given === null ? file.analyses : analysis ? { [GIVEN_ANALYSIS]: analysis } : {};
    const rollout = rollouts.start({
      model,
      to,
      steps: given ?? configuredSteps(configured!.steps),
      analyses: rules,
      keepMs: keep,
    });
    return { status: 201, body: rolloutView(rollout) };
  }

  #budget(pool: Pool, body: unknown): DrainRules | null {
    const { deadlineMs, streamsMs, sessionsMs } = read(budget, body);
    if (deadlineMs === undefined && streamsMs === undefined && sessionsMs === undefined) return null;
    const { drain } = this.#parts.engine.state.models.get(pool.model)!.config;
    return {
      requestsMs: deadlineMs ?? drain.requestsMs,
      // A deadline that is given alone is meant for everything that is open.
      streamsMs: streamsMs ?? deadlineMs ?? drain.streamsMs,
      sessionsMs: sessionsMs ?? drain.sessionsMs,
    };
  }

  #pool(model: string, version: string): Pool {
    const { state } = this.#parts.engine;
    const pool = poolOf(state, `${model}/${version}`);
    if (pool) return pool;
    const known = state.models.get(model);
    throw known ? unknown('version', version, known.pools.keys()) : unknown('model', model, state.models.keys());
  }

  /** By its id, or by its end where that is clear: `127.0.0.1:9001`. */
  #instance(text: string): Instance {
    const { instances } = this.#parts.engine.state;
    const exact = instances.get(text);
    if (exact) return exact;
    const ending = [...instances.values()].filter(({ id, url }) => id.endsWith(`/${text}`) || url === text);
    if (ending.length === 1) return ending[0]!;
    if (ending.length > 1) {
      throw refused(
        `${ending.length} instances are called that`,
        text,
        `Say which: ${ending.map(({ id }) => id).join(', ')}.`,
      );
    }
    throw unknown('instance', text, instances.keys());
  }

  #view(instance: Instance): ReturnType<typeof instanceView> {
    const { engine, wallMs } = this.#parts;
    return instanceView(instance, engine.upstreamOf(instance), engine.nowMs(), wallMs());
  }
}

type Answer = ReturnType<ControlHandler>;

function ok(body: unknown): { status: number; body: unknown } {
  return { status: 200, body };
}

function configuredSteps(steps: NonNullable<GatewayConfig['file']['models'][string]['rollout']>['steps']) {
  return steps.map((step) => {
    if ('weight' in step) return { type: 'weight', weight: step.weight } as const;
    if ('pause' in step) return { type: 'pause', ms: step.pause === 'manual' ? null : step.pause } as const;
    return { type: 'analysis', analysis: step.analysis, forMs: 0 } as const;
  });
}

function read<Shape>(schema: z.ZodType<Shape>, body: unknown): Shape {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new LastcallError('usage', {
    what: issue.message,
    ...(issue.path.length === 0 ? {} : { on: issue.path.join('.') }),
    todo: 'Correct the request.',
  });
}

function refused(what: string, on: string, todo: string): LastcallError {
  return new LastcallError('usage', { what, on, todo });
}

function unknown(kind: string, given: string, known: Iterable<string>): LastcallError {
  const meant = nearest(given, known);
  const todo = meant === undefined ? `See \`lastcall route\` for those there are.` : `Did you mean ${meant}?`;
  return new LastcallError('not_found', { what: `there is no ${kind} of this name`, on: given, todo });
}
