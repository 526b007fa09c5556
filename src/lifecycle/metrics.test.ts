import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { measureLoopLag } from './loop-lag.ts';
import { renderMetrics } from './metrics-text.ts';
import { unitMetrics } from './metrics.ts';
import { readExposition } from './testing/exposition.ts';
import { scriptedUnit } from './testing/scripted-unit.ts';
import type { MetricFamily } from './types.ts';

const gauge = (name: string, samples: MetricFamily['samples'], help = 'Help.'): MetricFamily => ({
  name,
  help,
  type: 'gauge',
  samples,
});

test('a family is a HELP line, a TYPE line and its samples', () => {
  const text = renderMetrics([
    gauge('lastcall_in_flight', [
      { labels: { unit: 'api' }, value: 3 },
      { labels: {}, value: 0.25 },
    ]),
  ]);
  assert.equal(
    text,
    '# HELP lastcall_in_flight Help.\n# TYPE lastcall_in_flight gauge\nlastcall_in_flight{unit="api"} 3\nlastcall_in_flight 0.25\n',
  );
});

test('whatever a label or a help text holds comes back unchanged from a strict reader', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '\\', '"', '\n', '{', '}', ',', '=', ' ', 'é', '#', 'n') });
  fc.assert(
    fc.property(text, text, fc.double(), (value, help, double) => {
      // Zero has no sign in the text.
      const number = double === 0 ? 0 : double;
      const read = readExposition(
        renderMetrics([gauge('a_b', [{ labels: { x: value, y: help }, value: number }], help)]),
      );
      assert.deepEqual(read, [
        {
          name: 'a_b',
          type: 'gauge',
          help,
          samples: [{ series: 'a_b', labels: { x: value, y: help }, value: number }],
        },
      ]);
    }),
  );
});

test('values that are not finite are written as Prometheus wants them', () => {
  const values = [Infinity, -Infinity, NaN, 1e21, -0.5];
  const text = renderMetrics([
    gauge(
      'a',
      values.map((value, index) => ({ labels: { index: String(index) }, value })),
    ),
  ]);
  assert.deepEqual(
    [...text.matchAll(/} (.*)/g)].map((match) => match[1]),
    ['+Inf', '-Inf', 'NaN', '1e+21', '-0.5'],
  );
});

test('families of the same name, of a unit and its parts, become one', () => {
  const text = renderMetrics(
    ['api', 'model'].map((unit) => gauge('lastcall_in_flight', [{ labels: { unit }, value: 1 }])),
  );
  assert.equal(text.match(/# TYPE/g)?.length, 1);
  assert.equal(readExposition(text)[0]?.samples.length, 2);
});

test('what cannot be shown is left out with a comment that says why, and hides nothing else', () => {
  const text = renderMetrics([
    gauge('a', [{ labels: {}, value: 1 }]),
    { ...gauge('a', []), type: 'counter' },
    gauge('not a name', []),
    gauge('b', [
      { labels: { 'not-a-label': 'x' }, value: 1 },
      { labels: { x: '1', y: '2' }, value: 1 },
      { labels: { y: '2', x: '1' }, value: 2 },
      { labels: {}, value: 3, suffix: '_sum' },
      { labels: {}, value: 4 },
    ]),
  ]);
  assert.deepEqual(
    readExposition(text).map(({ name, samples }) => ({ name, values: samples.map((sample) => sample.value) })),
    [{ name: 'b', values: [1, 4] }],
  );
  for (const reason of [
    'declared as gauge and as counter',
    'not a metric name',
    'not-a-label is not a label name',
    'given twice',
    'not a sample of a gauge',
  ]) {
    assert.ok(text.includes(reason), reason);
  }
});

test('the lifecycle tells state, stages, work and what is in flight', () => {
  const { status } = scriptedUnit();
  const stopping = { ...status, phase: 'stopping' as const, remainingMs: 12_500 };
  const stage = { name: 'intake', atMs: 0, tookMs: 1_500, capMs: 5_000, result: 'ok', stuck: [], error: null } as const;
  const text = renderMetrics(unitMetrics(stopping, [stage]));
  for (const line of [
    'lastcall_unit_state{unit="api",state="ready"} 0',
    'lastcall_unit_state{unit="api",state="stopping"} 1',
    'lastcall_stage_seconds{unit="api",stage="intake",result="ok"} 1.5',
    'lastcall_shutdown_remaining_seconds{unit="api"} 12.5',
    'lastcall_work_total{unit="api",of="requests",result="finished"} 6',
    'lastcall_work_total{unit="api",of="requests",result="lost"} 2',
    'lastcall_in_flight{unit="api"} 1',
  ]) {
    assert.ok(text.split('\n').includes(line), `${line} in\n${text}`);
  }
  const calm = renderMetrics(unitMetrics(status, []));
  assert.doesNotMatch(calm, /^lastcall_shutdown_remaining_seconds\{/m);
});

test('the lag of the event loop is a histogram that counts a blocked loop in its upper buckets', async () => {
  const lag = measureLoopLag();
  try {
    const count = () => lag.family('api').samples.find((sample) => sample.suffix === '_count')!.value;
    const until = performance.now() + 300;
    while (performance.now() < until);
    while (count() < 1) await new Promise((resolve) => setTimeout(resolve, 10));
    const [family] = readExposition(renderMetrics([lag.family('api')]));
    const buckets = family!.samples.filter((sample) => sample.series.endsWith('_bucket'));
    const values = buckets.map((sample) => sample.value);
    assert.deepEqual(
      values,
      values.toSorted((a, b) => a - b),
    );
    assert.equal(buckets.at(-1)!.labels['le'], '+Inf');
    assert.equal(buckets.at(-1)!.value, count());
    // 300 ms of blocking is at least 200 ms late for a timer that was due after 100 ms.
    assert.ok(buckets.find((sample) => sample.labels['le'] === '0.1')!.value < count());
  } finally {
    lag.close();
  }
});
