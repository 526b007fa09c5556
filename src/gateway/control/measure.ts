// Takes one measurement of an analysis: asks Prometheus, a hook, or our own figures. A question that cannot be asked is an
// error; an answer without a value is inconclusive. Both are told apart, since only the second says something.
import { messageOf } from '../../base/errors.ts';
import type { AnalysisRule } from '../config/schema.ts';
import { verdictOf } from '../core/analysis.ts';
import type { Measurement } from '../core/rollout-types.ts';
import type { VersionFigures } from './records.ts';

type Query = AnalysisRule['queries'][number];

export interface Subject {
  readonly model: string;
  readonly version: string;
  readonly figures: VersionFigures;
}

const ANSWER_MS_MAX = 5_000;
const ANSWER_BYTES_MAX = 1_000_000;

export async function measure(rule: AnalysisRule, subject: Subject): Promise<Measurement[]> {
  return Promise.all(rule.queries.map((query) => measureOne(rule, query, subject)));
}

async function measureOne(rule: AnalysisRule, query: Query, subject: Subject): Promise<Measurement> {
  try {
    const value = await valueOf(rule, query, subject);
    return { query: query.name, verdict: verdictOf(value, query), value, note: value === null ? 'no value' : null };
  } catch (error) {
    return { query: query.name, verdict: 'error', value: null, note: messageOf(error) };
  }
}

async function valueOf(rule: AnalysisRule, query: Query, subject: Subject): Promise<number | null> {
  if (query.own !== undefined) return ownFigure(query.own, subject.figures);
  if (query.prometheus !== undefined) return askPrometheus(rule.url!, filled(query.prometheus, subject));
  const answer = await getJson(new URL(filled(query.hook!, subject)));
  const value = (answer as { value?: unknown } | null)?.value;
  return typeof value === 'number' ? value : null;
}

/** `{{model}}` and `{{version}}` stand for what is measured. Both are names, so there is nothing to escape. */
function filled(text: string, { model, version }: Subject): string {
  return text.replaceAll('{{model}}', model).replaceAll('{{version}}', version);
}

function ownFigure(name: NonNullable<Query['own']>, figures: VersionFigures): number | null {
  switch (name) {
    case 'errorRatio':
      return figures.errorRatio;
    case 'requests':
      return figures.requests;
    case 'latencyP50Ms':
      return figures.quantileMs(0.5);
    case 'latencyP95Ms':
      return figures.quantileMs(0.95);
    default:
      return figures.quantileMs(0.99);
  }
}

interface PrometheusAnswer {
  readonly status?: string;
  readonly error?: string;
  readonly data?: { readonly resultType?: string; readonly result?: unknown };
}

/** An instant query: a scalar, or a vector of one sample. No sample is no value. */
async function askPrometheus(url: string, query: string): Promise<number | null> {
  const address = new URL('/api/v1/query', url);
  address.searchParams.set('query', query);
  const answer = (await getJson(address)) as PrometheusAnswer;
  if (answer.status !== 'success') throw new Error(answer.error ?? 'Prometheus did not answer with success');
  const { resultType, result } = answer.data ?? {};
  if (resultType === 'scalar') return numberOf((result as [number, string])[1]);
  if (resultType !== 'vector') throw new Error(`the query gives a ${resultType ?? 'nothing'}, not one value`);
  const samples = result as { value: [number, string] }[];
  if (samples.length > 1) throw new Error(`the query gives ${samples.length} series, not one value`);
  return samples[0] ? numberOf(samples[0].value[1]) : null;
}

function numberOf(text: string): number | null {
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

async function getJson(url: URL): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS_MAX), redirect: 'error' });
  const text = await response.text();
  if (text.length > ANSWER_BYTES_MAX) throw new Error('the answer is too long');
  if (!response.ok && !text.startsWith('{')) throw new Error(`${url.host} answered ${response.status}`);
  const answer: unknown = JSON.parse(text);
  if (!response.ok && (answer as PrometheusAnswer).error === undefined)
    throw new Error(`${url.host} answered ${response.status}`);
  return answer;
}
