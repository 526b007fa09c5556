import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createOutput } from '../../cli/output.ts';
import { settingsView } from '../../cli/settings.ts';
import { newDirectory } from '../../lifecycle/testing/program.ts';
import type { DrillReport } from '../report/report.ts';
import { serviceCommand } from '../testing/service.ts';
import { drillMatrix } from './run.ts';

test('the matrix runs twelve scenarios, and a service that ends well passes all of them', async (t) => {
  const directory = newDirectory(t);
  const out = join(directory, 'card.json');
  const given = {
    cmd: serviceCommand('none'),
    ready: '/readyz',
    live: '/livez',
    http: '/work?{id}',
    out,
    html: join(directory, 'card.html'),
  };
  const patience = { readyWithin: 60_000, deadline: 60_000, linger: 30_000, rate: 30 };
  const output = createOutput('json', { stdout: process.stderr, stderr: process.stderr, environment: {} });
  const code = await drillMatrix({ ...NOTHING, ...given, ...patience }, settingsView(new Map()), output);
  const card = JSON.parse(readFileSync(out, 'utf8')) as { ok: boolean; scenarios: (DrillReport & { title: string })[] };
  const wrong = card.scenarios.filter((it) => !it.ok).map((it) => [it.title, it.invalid, it.findings]);
  assert.deepEqual(wrong, []);
  assert.equal(card.scenarios.length, 12);
  assert.equal(code, 0);
  assert.equal(readFileSync(given.html, 'utf8').match(/<section /g)?.length, 12);
});

type Values = Parameters<typeof drillMatrix>[0];

/** No option given. */
const NOTHING = { iOwnThisTarget: false } as unknown as Values;
