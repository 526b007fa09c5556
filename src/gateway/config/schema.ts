// The gateway's configuration as people write it. docs/gateway.md explains each key; what must fit together is checked in
// consistency.ts, so that everything wrong is said with file and line before anything is used.
import { z } from 'zod';
import { cookieName, duration, headerName, name, origin, path, pattern, size } from './values.ts';

const share = z.number().min(0).max(100);
const ratio = z.number().min(0).max(1);

const instance = z.union([
  origin.transform((url) => ({ url, weight: 1, name: undefined as string | undefined })),
  z.strictObject({ url: origin, weight: z.number().positive().max(1_000).default(1), name: name.optional() }),
]);

const discover = z.strictObject({
  dns: z
    .union([
      z.strictObject({ srv: z.string().min(1), server: z.string().optional() }),
      z.strictObject({
        a: z.string().min(1),
        port: z.number().int().min(1).max(65_535),
        server: z.string().optional(),
      }),
    ])
    .optional(),
  consul: z.strictObject({ url: origin, service: z.string().min(1), tag: z.string().optional() }).optional(),
  kubernetes: z
    .strictObject({
      service: z.string().min(1),
      namespace: z.string().min(1).default('default'),
      port: z.union([z.string(), z.number().int()]).optional(),
    })
    .optional(),
  every: duration.default(10_000),
});

const version = z.strictObject({
  instances: z.array(instance).max(1_000).default([]),
  http2: z.boolean().default(false),
  ca: z.string().min(1).optional(),
  discover: discover.optional(),
  rewrite: z.strictObject({ from: path, to: path }).optional(),
});

const named = <Name extends z.ZodType>(nameOf: Name) =>
  z.strictObject({
    name: nameOf,
    equals: z.string().optional(),
    matches: pattern.optional(),
    version: name.optional(),
  });

const split = z.strictObject({
  headers: z.array(named(headerName)).max(100).default([]),
  cookies: z.array(named(cookieName)).max(100).default([]),
  user: z
    .union([
      z.strictObject({ header: headerName }),
      z.strictObject({ cookie: cookieName }),
      z.strictObject({ jwt: z.string().min(1) }),
    ])
    .optional(),
  geo: z.strictObject({ file: z.string().min(1), regions: z.record(z.string(), name) }).optional(),
});

const sticky = z.union([
  z.strictObject({
    cookie: z.strictObject({
      name: cookieName.default('lastcall'),
      secure: z.boolean().default(true),
      sameSite: z.enum(['Lax', 'Strict', 'None']).default('Lax'),
      maxAge: duration.optional(),
    }),
  }),
  z.strictObject({ appCookie: cookieName }),
  z.strictObject({ header: headerName }),
  z.strictObject({ ip: z.literal(true) }),
]);

const health = z.strictObject({
  path: path.optional(),
  every: duration.default(2_000),
  timeout: duration.default(1_000),
  down: z.number().int().min(1).max(100).default(3),
  up: z.number().int().min(1).max(100).default(2),
  connectErrors: z.number().int().min(1).default(3),
  errorRatio: ratio.default(0.5),
  minRequests: z.number().int().min(1).default(20),
  window: duration.default(10_000),
  ejectFor: duration.default(30_000),
  maxEjected: ratio.default(0.5),
});

const drain = z.strictObject({
  requests: duration.default(60_000),
  streams: duration.default(300_000),
  sessions: duration.default(30_000),
});

const concurrency = z.strictObject({
  max: z.number().int().min(1).default(1_000),
  queue: z.number().int().min(0).max(100_000).default(100),
  queueFor: duration.default(5_000),
  adaptive: z.boolean().default(false),
});

const step = z.union([
  z.strictObject({ weight: share }),
  z.strictObject({ pause: z.union([duration, z.literal('manual')]) }),
  z.strictObject({ analysis: z.string().min(1) }),
]);

const model = z.strictObject({
  versions: z.record(name, version).refine((all) => Object.keys(all).length > 0, 'a model has at least one version'),
  weights: z.record(name, share).optional(),
  split: split.prefault({}),
  sticky: sticky.optional(),
  balance: z.enum(['least-in-flight', 'round-robin', 'ring-hash']).default('least-in-flight'),
  health: health.prefault({}),
  drain: drain.prefault({}),
  concurrency: concurrency.prefault({}),
  mirror: z.strictObject({ version: name, percent: share }).optional(),
  fallback: z.boolean().default(true),
  rollout: z.strictObject({ steps: z.array(step).min(1).max(1_000), keep: duration.default(30 * 60_000) }).optional(),
});

export const rateLimit = z.strictObject({
  replenishRate: z.number().positive(),
  burstCapacity: z.number().int().min(1),
  key: z.union([z.enum(['ip', 'route', 'apiKey']), z.strictObject({ header: headerName })]).default('ip'),
  store: z.enum(['memory', 'redis']).default('memory'),
  whenStoreFails: z.enum(['open', 'closed', 'local']).default('local'),
});

const route = z.strictObject({
  name: name.optional(),
  host: z.union([z.string(), z.array(z.string())]).optional(),
  path: path.default('/'),
  exact: z.boolean().default(false),
  methods: z.array(z.string().regex(/^[A-Za-z]+$/, 'this is no method')).default([]),
  headers: z
    .array(z.strictObject({ name: headerName, equals: z.string().optional(), matches: pattern.optional() }))
    .default([]),
  model: name,
  version: name.optional(),
  rateLimit: rateLimit.optional(),
  whenDraining: z.enum(['answer', 'hold', 'close']).default('answer'),
  timeouts: z.strictObject({ firstByte: duration.default(60_000), idle: duration.default(300_000) }).prefault({}),
  bodyMax: size.default(100 * 2 ** 20),
});

const query = z.strictObject({
  name,
  /** Of Prometheus; or one of our own figures. */
  prometheus: z.string().min(1).optional(),
  /** Answers `{"value": number}`, or null where nothing is known: statistics of the model's outputs, say. */
  hook: z.url({ protocol: /^https?$/, error: 'this is no http(s) address' }).optional(),
  own: z.enum(['errorRatio', 'latencyP50Ms', 'latencyP95Ms', 'latencyP99Ms', 'requests']).optional(),
  successBelow: z.number().optional(),
  successAbove: z.number().optional(),
  failureAbove: z.number().optional(),
  failureBelow: z.number().optional(),
});

const analysis = z.strictObject({
  url: origin.optional(),
  every: duration.default(10_000),
  measurements: z.number().int().min(1).max(1_000).default(3),
  failuresMax: z.number().int().min(0).default(0),
  inconclusiveMax: z.number().int().min(0).default(2),
  errorsMax: z.number().int().min(0).default(4),
  queries: z.array(query).min(1).max(50),
});

export const analysisSchema = analysis;

export const gatewaySchema = z.strictObject({
  name: name.default('gateway'),
  listen: z.string().default('127.0.0.1:8080'),
  admin: z.string().default('127.0.0.1:9900'),
  tls: z.strictObject({ cert: z.string().min(1), key: z.string().min(1) }).optional(),
  http2: z.boolean().default(false),
  trustedHops: z.number().int().min(0).max(16).default(0),
  redis: z.string().optional(),
  accessLog: z.strictObject({ sample: ratio.default(1), file: z.string().optional() }).optional(),
  models: z.record(name, model).default({}),
  routes: z.array(route).max(100_000).default([]),
  analyses: z.record(name, analysis).default({}),
});

export type GatewayFile = z.infer<typeof gatewaySchema>;
export type ModelFile = GatewayFile['models'][string];
export type RouteFile = GatewayFile['routes'][number];
export type RateLimitRule = z.infer<typeof rateLimit>;
export type AnalysisRule = z.infer<typeof analysis>;
