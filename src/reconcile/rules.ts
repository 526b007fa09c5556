// The operator's rules: whom to ask about owners, what releases, what resubmits, and how patiently. One YAML file.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { durationMs } from '../base/duration.ts';
import { LastcallError, messageOf } from '../base/errors.ts';
import { checkYaml, parseYaml, readTrustedText } from '../options/yaml-file.ts';
import type { Action } from './actions/act.ts';
import { commandAction } from './actions/command.ts';
import { httpAction } from './actions/http.ts';
import { schedulerRelease, schedulerResubmit } from './actions/scheduler.ts';
import { SchedulerClient } from './actions/scheduler-client.ts';
import type { Policy } from './core/policy.ts';
import type { ActionKind } from './core/recovery.ts';
import { kubernetesWitness } from './evidence/kubernetes.ts';
import { nodeWitness } from './evidence/node.ts';
import { schedulerWitness } from './evidence/scheduler.ts';
import { unitWitness } from './evidence/units.ts';
import type { Witness } from './evidence/witness.ts';
import { checkTemplate } from './template.ts';

const duration = z.string().transform((text, context) => {
  try {
    return durationMs(text, 'it');
  } catch {
    context.addIssue(`${JSON.stringify(text)} is not a duration such as 30s or 5m`);
    return z.NEVER;
  }
});
const template = z
  .string()
  .min(1)
  .superRefine((text, context) => {
    try {
      checkTemplate(text, 'it');
    } catch (error) {
      context.addIssue(messageOf(error));
    }
  });
const address = template.refine((text) => /^https?:\/\/[^/{}]*/.test(text), 'Write an http or https address.');
const SECRET = /^(env|file):(.+)$/;
const secret = z.string().regex(SECRET, 'Write env:NAME or file:PATH: secrets do not belong into this file.');

const scheduler = z.strictObject({ url: address, key: secret.optional() });
const http = z.strictObject({
  url: address,
  method: z.enum(['POST', 'PUT', 'DELETE', 'PATCH']).default('POST'),
  headers: z.record(z.string(), z.string()).default({}),
  /** Sent as `Authorization: Bearer …`. */
  token: secret.optional(),
  timeout: duration.default(10_000),
});
const command = z.strictObject({ argv: z.array(template).min(1), timeout: duration.default(60_000) });
const action = z.union([z.strictObject({ scheduler }), z.strictObject({ http }), z.strictObject({ command })]);

const SCHEMA = z.strictObject({
  ask: z
    .array(
      z.union([
        z.strictObject({ scheduler }),
        z.strictObject({ units: z.strictObject({}) }),
        z.strictObject({
          node: z.strictObject({
            url: address,
            times: z.int().min(1).max(20).default(3),
            every: duration.default(2_000),
            timeout: duration.default(2_000),
          }),
        }),
        z.strictObject({
          kubernetes: z.strictObject({
            url: address,
            namespace: z.string().default('default'),
            tokenFile: z.string().optional(),
          }),
        }),
      ]),
    )
    .default([{ units: {} }]),
  release: z.array(action).max(20).default([]),
  resubmit: z
    .strictObject({
      by: action,
      /** The receiver refuses a second task with the same Idempotency-Key, and tasks that ended. */
      keyed: z.boolean().default(false),
      attempts: z.int().min(1).max(100).default(3),
    })
    .optional(),
  notify: z.strictObject({ url: address, token: secret.optional() }).optional(),
  settle: duration.default(60_000),
  skew: duration.default(5_000),
  staleAfter: duration.optional(),
  tries: z.int().min(1).max(100).default(5),
  backoff: duration.default(1_000),
  askAgain: duration.default(60_000),
});

export interface Rules {
  readonly policy: Policy;
  readonly witnesses: readonly Witness[];
  readonly release: readonly Action[];
  readonly resubmit: Action | null;
  /** Where to tell the operator; null: only the log. */
  readonly notify: { readonly url: string; readonly headers: Readonly<Record<string, string>> } | null;
}

const BACKOFF_MAX_MS = 300_000;
export const PARALLEL = 32;
/** Questions and actions that the core hands out at once; the edge does PARALLEL of them at a time. */
const BATCH = 1_024;

/** @param path null: no file, and everything as it is without @throws LastcallError `usage` with file and line */
export function readRules(path: string | null, stateDir: string): Rules {
  const text = path === null ? '' : readTrustedText(path, path, { givenBy: '--rules' });
  const documents = parseYaml(text, path ?? 'rules');
  if (documents.length > 1) {
    throw new LastcallError('usage', { what: 'several documents', on: path ?? 'rules', todo: 'Write one.' });
  }
  const given = checkYaml(documents[0]!, SCHEMA);
  const { resubmit } = given;
  return {
    policy: {
      settleMs: given.settle,
      skewMs: given.skew,
      staleAfterMs: given.staleAfter ?? null,
      releases: given.release.length,
      resubmit: resubmit ? { isKeyed: resubmit.keyed, attemptsMax: resubmit.attempts } : null,
      triesMax: given.tries,
      backoffMs: given.backoff,
      backoffMaxMs: BACKOFF_MAX_MS,
      askAgainMs: given.askAgain,
      parallelMax: BATCH,
    },
    witnesses: given.ask.map((entry) => witnessOf(entry, stateDir)),
    release: given.release.map((entry) => actionOf(entry, 'release')),
    resubmit: resubmit ? actionOf(resubmit.by, 'resubmit') : null,
    notify: given.notify ? { url: given.notify.url, headers: bearer(given.notify.token) } : null,
  };
}

type Given = z.infer<typeof SCHEMA>;

function witnessOf(entry: Given['ask'][number], stateDir: string): Witness {
  if ('scheduler' in entry) return schedulerWitness(clientOf(entry.scheduler));
  if ('units' in entry) return unitWitness(stateDir);
  if ('kubernetes' in entry) {
    const { tokenFile, ...rest } = entry.kubernetes;
    return kubernetesWitness({ ...rest, tokenFile: tokenFile ?? null });
  }
  const { url, times, every, timeout } = entry.node;
  return nodeWitness({ url, times, everyMs: every, timeoutMs: timeout });
}

function actionOf(entry: Given['release'][number], kind: ActionKind): Action {
  if ('scheduler' in entry) {
    const client = clientOf(entry.scheduler);
    return kind === 'release' ? schedulerRelease(client) : schedulerResubmit(client);
  }
  if ('command' in entry) {
    return commandAction({ command: entry.command.argv, timeoutMs: entry.command.timeout });
  }
  const { url, method, headers, token, timeout } = entry.http;
  return httpAction({ kind, method, url, headers: { ...headers, ...bearer(token) }, timeoutMs: timeout });
}

function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${secretOf(token)}` };
}

function clientOf({ url, key }: { url: string; key?: string | undefined }): SchedulerClient {
  return new SchedulerClient(url, key === undefined ? null : secretOf(key));
}

/** @throws LastcallError `usage` if it is not there; what it is never appears */
function secretOf(given: string): string {
  const [, from, name = ''] = SECRET.exec(given)!;
  if (from === 'env') {
    const value = process.env[name];
    if (value !== undefined && value !== '') return value;
    throw new LastcallError('usage', { what: 'the variable is not set', on: given, todo: 'Set it.' });
  }
  try {
    return readFileSync(name, 'utf8').trim();
  } catch (error) {
    throw new LastcallError('usage', { what: messageOf(error), on: given, todo: 'Check the path.' });
  }
}
