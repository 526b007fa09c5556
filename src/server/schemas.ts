// What comes in over HTTP. The words are those of the command line and of TypeScript; what a value means is checked where jobs
// are made (src/scheduler/request.ts), which names the same fields.
import { z } from 'zod';

const TEXT_MAX = 131_072;
const text = z.string().max(TEXT_MAX);
const duration = z.union([z.string().max(32), z.number()]).describe('30s, 5m, 72h; a number is milliseconds');
const environment = z.record(z.string(), text);

const command = {
  argv: z.array(text).min(1).max(4_096).describe('The program and its arguments; no shell'),
  cwd: text.optional().describe('Directory on the server'),
  environment: environment.optional(),
};

export const jobRequest = z.strictObject({
  ...command,
  name: text.optional(),
  labels: z.record(z.string(), text).optional(),
  gpus: z.int().optional().describe('Per replica'),
  cpus: z.int().optional(),
  memoryBytes: z.int().optional(),
  ports: z.array(text).max(64).optional().describe('Names; the job finds the numbers in LASTCALL_PORT_NAME'),
  replicas: z.int().optional().describe('A gang: all of them run, or none'),
  priority: z.int().optional(),
  after: z
    .array(z.strictObject({ job: text, on: z.enum(['success', 'any']).optional() }))
    .max(256)
    .optional(),
  retries: z.int().optional(),
  backoff: duration.optional(),
  timeout: duration.optional(),
  grace: duration.optional().describe('From the stop signal to the kill'),
  with: z
    .array(z.strictObject({ name: text, ...command }))
    .max(16)
    .optional()
    .describe('Companions: started before, ended after'),
  readiness: z
    .strictObject({ http: z.string().nullable().optional(), every: duration.optional(), within: duration.optional() })
    .optional()
    .describe('Makes it a service'),
  preemptible: z.boolean().optional(),
  lease: z
    .strictObject({ ttl: duration.optional(), onLoss: z.enum(['cancel', 'detach']).optional() })
    .optional()
    .describe('Attached: the client renews it'),
  interest: duration.optional(),
  array: z.strictObject({ count: z.int(), atOnce: z.int().optional() }).optional(),
});

export type WireJob = z.infer<typeof jobRequest>;

export const jobId = z.strictObject({ id: z.string().regex(/^job_[0-9A-HJKMNP-TV-Z]{26}$/, 'no id of a job') });

export const resourceId = z.strictObject({ resource: z.string().min(1).max(200) });

const flag = z.enum(['true', 'false']).transform((word) => word === 'true');
const number = z
  .string()
  .regex(/^-?\d{1,15}$/, 'no whole number')
  .transform(Number);

export const jobsQuery = z.strictObject({
  owner: z.string().max(64).optional(),
  state: z.string().max(200).optional().describe('Separated by commas'),
  label: z.string().max(400).optional().describe('name=value'),
  cursor: number.optional(),
  limit: number.pipe(z.int().min(1).max(1_000)).optional(),
});

export const cancelQuery = z.strictObject({
  wait: z.string().max(32).optional(),
  grace: z.string().max(32).optional(),
  force: flag.optional(),
});

export const logsQuery = z.strictObject({
  follow: flag.optional(),
  from: number.optional().describe('Position of the first byte; negative: from the end'),
  stream: z.enum(['stdout', 'stderr']).optional(),
  member: z.string().max(80).optional().describe('main.0, main.1, with.NAME'),
  attempt: number.optional(),
});

export const eventsQuery = z.strictObject({
  job: z.string().max(40).optional(),
  after: number.optional(),
  follow: flag.optional(),
});

export const reportQuery = z.strictObject({ attempt: number.optional() });

export const keyRequest = z.strictObject({
  owner: z.string().min(1).max(63),
  role: z.enum(['viewer', 'user', 'admin']),
});

export const keyId = z.strictObject({ id: z.string().min(1).max(64) });

export const noBody = z.unknown();
