// Answers the plane's question where a request goes: finds its route and version, asks the limiter, puts it into the
// core's books, and follows each attempt to its end.
import { cookieOf } from '../core/cookies.ts';
import { chooseMirror, planRequest, rewriteTarget, routeOf, type Plan } from '../core/plan.ts';
import type { RequestFacts, RouteConfig } from '../core/types.ts';
import type { GatewayConfig, RouteRules } from '../config/compile.ts';
import type {
  Answer,
  Close,
  Decision,
  Director,
  FailedAttempt,
  Forward,
  HeaderChanges,
  PlaneRequest,
  Upstream,
} from '../planes/ports.ts';
import {
  AMBIGUOUS_PATH,
  limiterDown,
  methodNotAllowed,
  NO_ROUTE,
  rateHeaders,
  refusalAnswer,
  tooManyRequests,
} from './answers.ts';
import { AttemptWatch } from './attempt-watch.ts';
import type { ServedRequest } from './served.ts';
import type { Engine, Placement } from './engine.ts';
import { EXPLAIN_HEADER, explanationOf } from './explain.ts';
import type { LimitVerdict, RateLimits } from './limits/rate-limits.ts';
import type { RequestObserver } from './observer.ts';
import { answeredCookie } from './sessions.ts';
import type { SessionCookies } from './session-cookie.ts';

/** A request that has a route and a place in the books. */
interface Course {
  readonly request: PlaneRequest;
  readonly facts: RequestFacts;
  readonly plan: Plan;
  readonly rules: RouteRules;
  readonly served: ServedRequest;
  readonly limit: LimitVerdict | null;
}

export interface DirectorParts {
  readonly engine: Engine;
  readonly cookies: SessionCookies;
  readonly limits: RateLimits;
  readonly observer: RequestObserver;
  /** Whether this is the key of an administrator, who may see why a request went where it went. */
  readonly isAdmin: (key: string) => boolean;
}

/** Waiting is ended by the core's clock and by the limiter's; this is the bound should they fail. */
const HOLD_SLACK_MS = 10_000;
/** How long a route with `whenDraining: hold` keeps a request for which nobody is ready. */
const HOLD_MS_MAX = 10 * 60_000;
const HELD_MAX = 10_000;
const CLOSE: Close = { action: 'close' };

export class GatewayDirector implements Director {
  config: GatewayConfig;
  readonly #parts: DirectorParts;
  readonly #courses = new WeakMap<PlaneRequest, Course>();
  /** How held requests go on. */
  readonly #paused = new WeakMap<PlaneRequest, () => Decision>();
  readonly #held = new Set<() => void>();

  constructor(config: GatewayConfig, parts: DirectorParts) {
    this.config = config;
    this.#parts = parts;
    parts.engine.onChange(({ after }) => {
      if (after !== 'ready') return;
      // Who finds nobody again is held again, and not asked twice now.
      const held = [...this.#held];
      for (const resume of held) resume();
    });
  }

  direct(request: PlaneRequest, failed: FailedAttempt | null): Decision {
    const course = this.#courses.get(request);
    if (failed !== null && course) return this.#again(course, failed);
    const goOn = this.#paused.get(request);
    if (!goOn) return this.#begin(request);
    this.#paused.delete(request);
    return goOn();
  }

  #begin(request: PlaneRequest): Decision {
    const facts = factsOf(request);
    const match = routeOf(this.#parts.engine.state, facts);
    if (match.kind === 'found') return this.#limited(request, match.route, facts);
    const answer =
      match.kind === 'none' ? NO_ROUTE : match.kind === 'ambiguous' ? AMBIGUOUS_PATH : methodNotAllowed(match.allow);
    this.#parts.observer.refused(request, null, match.kind, answer.status);
    return answer;
  }

  #limited(request: PlaneRequest, route: RouteConfig, facts: RequestFacts): Decision {
    const rules = this.config.rules.get(route)!;
    if (rules.rateLimit === null) return this.#start(request, route, rules, facts, null);
    const verdict = this.#parts.limits.take(route.name, rules.rateLimit, facts);
    if (!(verdict instanceof Promise)) return this.#start(request, route, rules, facts, verdict);
    return this.#hold(request, HOLD_SLACK_MS, limiterDown(), (resume) => {
      let answer: LimitVerdict | null = null;
      void verdict.then((result) => {
        answer = result;
        resume();
      });
      this.#paused.set(request, () => this.#start(request, route, rules, facts, answer));
    });
  }

  #start(
    request: PlaneRequest,
    route: RouteConfig,
    rules: RouteRules,
    facts: RequestFacts,
    limit: LimitVerdict | null,
  ): Decision {
    if (limit !== null && !limit.allowed) {
      const answer = limit.unavailable
        ? limiterDown()
        : tooManyRequests(limit.retryAfterMs, limit.remaining, rules.rateLimit!);
      this.#parts.observer.refused(
        request,
        route.name,
        limit.unavailable ? 'limiter-unavailable' : 'rate-limited',
        answer.status,
      );
      return answer;
    }
    const { engine, cookies } = this.#parts;
    const rule = this.config.cookies.get(route.model);
    const cookie = rule ? cookies.read(route.model, cookieOf(facts.headers['cookie'], rule.name)) : null;
    const { random, state } = engine;
    const draws = { version: random.next(), a: random.next(), b: random.next() };
    const plan = planRequest(state, route, facts, cookie, draws);
    if (plan === null) return refusalAnswer('no-instance', 1_000);
    const served: ServedRequest = { request, plan, cookie, attempts: 0 };
    const course: Course = { request, facts, plan, rules, served, limit };
    return this.#placed(course, engine.place({ type: 'arrived', ticket: plan.ticket }, this.#later(course)));
  }

  #again(course: Course, failed: FailedAttempt): Decision {
    const { ticket } = course.plan;
    const placement = this.#parts.engine.place(
      {
        type: 'again',
        ticket,
        instance: failed.instance,
        repeatable: course.request.repeatable,
        connected: failed.reached,
      },
      this.#later(course),
    );
    return this.#placed(course, placement);
  }

  /** What a waiting request does once it has a place, or none. */
  #later(course: Course): (placement: Placement) => void {
    return (placement) => {
      this.#paused.set(course.request, () => this.#placed(course, placement));
      this.#resumes.get(course.request)?.();
    };
  }

  readonly #resumes = new WeakMap<PlaneRequest, () => void>();

  #placed(course: Course, placement: Placement): Decision {
    if (placement.kind === 'send') return this.#forward(course, placement.upstream);
    if (placement.kind === 'refuse') return this.#refuse(course, placement);
    const { engine } = this.#parts;
    const { queueMs } = course.plan.model.config.concurrency;
    return {
      action: 'hold',
      wait: (resume) => {
        this.#resumes.set(course.request, resume);
        return () => engine.leave(course.plan.ticket);
      },
      msMax: queueMs + HOLD_SLACK_MS,
      otherwise: refusalAnswer('queue-timeout', 1_000),
    };
  }

  #refuse(course: Course, { reason, retryAfterMs }: Placement & { readonly kind: 'refuse' }): Decision {
    const { rules, request, plan } = course;
    const answer = refusalAnswer(reason, retryAfterMs);
    // What may have reached an instance is not held: it would be sent again, and may not be.
    const nobody = reason === 'no-instance' || reason === 'nobody-left';
    if (rules.whenDraining === 'hold' && nobody && this.#held.size < HELD_MAX) {
      return this.#hold(request, HOLD_MS_MAX, CLOSE, (resume) => {
        this.#held.add(resume);
        this.#paused.set(request, () => {
          this.#held.delete(resume);
          return this.#start(request, plan.route, rules, course.facts, null);
        });
        return () => this.#held.delete(resume);
      });
    }
    this.#parts.observer.refused(request, plan.route.name, reason, rules.whenDraining === 'answer' ? answer.status : 0);
    return rules.whenDraining === 'answer' ? answer : CLOSE;
  }

  #hold(
    request: PlaneRequest,
    msMax: number,
    otherwise: Answer | Close,
    begin: (resume: () => void) => (() => void) | void,
  ): Decision {
    return {
      action: 'hold',
      wait: (resume) => {
        const withdraw = begin(resume);
        return () => {
          this.#paused.delete(request);
          withdraw?.();
        };
      },
      msMax,
      otherwise,
    };
  }

  #forward(course: Course, upstream: Upstream): Forward {
    const { plan, rules, served, request } = course;
    const { engine, observer } = this.#parts;
    served.attempts += 1;
    this.#courses.set(request, course);
    const instance = plan.ticket.instance!;
    const version = plan.model.config.versions.get(plan.ticket.version);
    const draws = { version: 0, a: plan.ticket.drawB, b: plan.ticket.drawA };
    const mirror =
      plan.model.config.mirror === null
        ? null
        : chooseMirror(plan.model, plan.ticket.version, engine.random.next(), draws);
    return {
      action: 'forward',
      upstream,
      watcher: new AttemptWatch(engine, observer, served, instance),
      target: version?.rewrite ? rewriteTarget(request.target, version.rewrite) : null,
      requestHeaders: this.#requestHeaders(course),
      responseHeaders: this.#responseHeaders(course, instance.id),
      limits: { firstByteMsMax: rules.firstByteMsMax, idleMsMax: rules.idleMsMax, bodyBytesMax: rules.bodyBytesMax },
      mirror: mirror === null ? null : (engine.upstreamOf(mirror) ?? null),
    };
  }

  #requestHeaders({ request }: Course): HeaderChanges | null {
    const traced = this.#parts.observer.trace(request);
    // The key of an administrator is nobody else's business.
    return request.headers[EXPLAIN_HEADER] === undefined ? traced : [...(traced ?? []), EXPLAIN_HEADER, null];
  }

  #responseHeaders(course: Course, instance: string): HeaderChanges | null {
    const { plan, limit, served, request } = course;
    const headers: string[] = limit === null ? [] : rateHeaders(limit.remaining, course.rules.rateLimit!);
    const rule = this.config.cookies.get(plan.route.model);
    if (rule && plan.model.config.sticky?.by === 'cookie') {
      const cookie = answeredCookie(
        this.#parts.cookies,
        plan,
        served.cookie,
        instance,
        rule,
        this.#parts.engine.random,
      );
      if (cookie !== null) headers.push('set-cookie', cookie);
    }
    const key = request.headers[EXPLAIN_HEADER];
    if (typeof key === 'string' && this.#parts.isAdmin(key)) headers.push(EXPLAIN_HEADER, explanationOf(plan, served));
    return headers.length === 0 ? null : headers;
  }
}

function factsOf({ method, authority, target, headers, clientAddress }: PlaneRequest): RequestFacts {
  const query = target.indexOf('?');
  return {
    method,
    host: hostOf(authority),
    path: query === -1 ? target : target.slice(0, query),
    headers,
    ip: clientAddress,
  };
}

function hostOf(authority: string): string {
  const end = authority.startsWith('[') ? authority.indexOf(']') + 1 : authority.indexOf(':');
  return (end > 0 ? authority.slice(0, end) : authority).toLowerCase();
}
