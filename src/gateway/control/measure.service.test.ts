// Measurements by a real Prometheus.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useService } from '../../../scripts/services/use.ts';
import { until } from '../../lifecycle/testing/until.ts';
import type { AnalysisRule } from '../config/schema.ts';
import { measure } from './measure.ts';
import { Records } from './records.ts';

test('Prometheus decides: a value, none, too many, and a query that is none, are four different things', async (t) => {
  const service = await useService('prometheus', t);
  if (!service) return;
  const prometheus = await service.start();
  const url = `http://${prometheus.address}`;
  const figures = new Records().figuresOf('churn/v2', { requests: 0, errors: 0, seen: 0 });
  const ask = async (query: string, limits: Partial<AnalysisRule['queries'][number]> = {}) => {
    const rule: AnalysisRule = {
      url,
      every: 1_000,
      measurements: 1,
      failuresMax: 0,
      inconclusiveMax: 0,
      errorsMax: 0,
      queries: [{ name: 'q', prometheus: query, successBelow: 10, ...limits }],
    };
    const [measured] = await measure(rule, { model: 'churn', version: 'v2', figures });
    return measured!;
  };
  const series = 'prometheus_build_info';
  await until(
    async () => (await ask(`count(${series})`)).value !== null || (await ask('vector(1)')).value === 1,
    'an answer',
  );
  assert.deepEqual(await ask('vector(3)'), { query: 'q', verdict: 'success', value: 3, note: null });
  assert.equal((await ask('scalar(vector(30))')).verdict, 'failure');
  assert.equal((await ask('vector(30)', { failureAbove: 50 })).verdict, 'inconclusive');
  assert.deepEqual(await ask('up{version="{{version}}"}'), {
    query: 'q',
    verdict: 'inconclusive',
    value: null,
    note: 'no value',
  });
  assert.equal((await ask('vector(0) / vector(0)')).verdict, 'inconclusive');
  const many = await ask('label_replace(vector(1), "a", "1", "", "") or label_replace(vector(2), "a", "2", "", "")');
  assert.deepEqual([many.verdict, many.note], ['error', 'the query gives 2 series, not one value']);
  const bad = await ask('up{');
  assert.equal(bad.verdict, 'error');
  assert.match(bad.note!, /parse error/);
  await prometheus.stop();
  assert.equal((await ask('vector(3)')).verdict, 'error');
});
