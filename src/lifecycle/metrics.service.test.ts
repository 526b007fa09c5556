// What /metrics of a real unit says, judged by Prometheus' own linter.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

import { useService } from '../../scripts/services/use.ts';
import { startHealthServer } from './health.ts';
import { unitMetrics } from './metrics.ts';
import { scriptedUnit } from './testing/scripted-unit.ts';

test('promtool accepts every family, with labels that need escaping', async (t) => {
  const service = await useService('prometheus', t);
  if (!service) return;
  const { status, view } = scriptedUnit();
  const unit = { ...status.unit, name: 'a "quoted" \\ name\nof two lines' };
  const work = { ...status.work, of: 'réquêtes' };
  const stages = (['announce', 'drain'] as const).map((name) => {
    return { name, atMs: 0, tookMs: 1_500, capMs: 5_000, result: 'ok', stuck: [], error: null } as const;
  });
  const stopping = { ...status, unit, work, phase: 'stopping', remainingMs: 1 } as const;
  const server = await startHealthServer({
    port: 0,
    host: '127.0.0.1',
    view: { ...view, metrics: () => [...unitMetrics(stopping, stages), ...unitMetrics(status, [])] },
  });
  t.after(() => server.close());
  const text = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
  const judge = (input: string) =>
    spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8', env: service.env });
  const verdict = judge(text);
  assert.equal(verdict.error, undefined);
  assert.deepEqual([verdict.status, verdict.stdout + verdict.stderr], [0, ''], text);
  assert.notEqual(
    judge(text.replace('# TYPE lastcall_in_flight gauge', '# TYPE lastcall_in_flight counter')).status,
    0,
  );
  assert.match(text, /unit="a \\"quoted\\" \\\\ name\\nof two lines"/);
});
