import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { useService } from '../../../scripts/services/use.ts';
import { lastcall } from '../../cli/testing/invoke.ts';
import { newDirectory } from '../../lifecycle/testing/program.ts';
import { until } from '../../lifecycle/testing/until.ts';
import type { DrillReport } from '../report/report.ts';
import { serviceCommand } from '../testing/service.ts';
import { PlayedCluster } from './testing/cluster.ts';

/** Of the administrator in scripts/services/kubernetes.ts. */
const TOKEN = 'admintoken';

test('a pod that ends well is deleted under load, and no client notices', async (t) => {
  const cluster = await start(t, 'none');
  if (!cluster) return;
  const { report, code } = await cluster.drill();
  assert.equal(report.verdict, 'clean', JSON.stringify([report.invalid, report.findings]));
  assert.equal(code, 0);
  assert.equal(report.measures.exitCode, 0);
  const events = report.runs[0]!.timeline.map((it) => it.what);
  for (const what of ['found', 'SIGTERM', 'endpoint not ready', 'containers ended with 0', 'exit'])
    assert.ok(events.includes(what), `${what} in ${events.join(', ')}`);
  const missing = await cluster.lastcall('deploy/other');
  assert.match(missing.stderr, /there is no such workload in namespace default/);
});

test('a pod that exits at once drops what it was working on, although others answer for it', async (t) => {
  const cluster = await start(t, 'exits-at-once');
  if (!cluster) return;
  const { report, code } = await cluster.drill();
  assert.equal(report.verdict, 'unclean', JSON.stringify(report.invalid));
  assert.equal(code, 1);
  assert.ok(
    report.findings.some((it) => it.code === 'dropped-in-flight'),
    JSON.stringify(report.findings),
  );
});

interface Drilled {
  lastcall(workload: string): ReturnType<typeof lastcall>;
  drill(): Promise<{ readonly code: number; readonly report: DrillReport }>;
}

async function start(t: TestContext, mistake: string): Promise<Drilled | undefined> {
  const kubernetes = await useService('kubernetes', t);
  if (!kubernetes) return undefined;
  const { address } = await kubernetes.start();
  const directory = newDirectory(t);
  const kubeconfig = join(directory, 'kubeconfig');
  const cluster = { name: 'c', cluster: { server: `https://${address}`, 'insecure-skip-tls-verify': true } };
  const context = { name: 'x', context: { cluster: 'c', user: 'u' } };
  const config = {
    clusters: [cluster],
    users: [{ name: 'u', user: { token: TOKEN } }],
    contexts: [context],
    'current-context': 'x',
  };
  writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 });
  const words = (port: number): string[] =>
    serviceCommand(mistake)
      .replace('{port}', String(port))
      .replace('{health}', '0')
      .replace('{dir}', directory)
      .split(' ');
  const played = new PlayedCluster(address, TOKEN, words);
  await played.start();
  t.after(() => played.stop());
  await deploy(played);
  const base = `http://127.0.0.1:${played.port}`;
  await until(
    () =>
      fetch(`${base}/work`).then(
        (it) => it.ok,
        () => false,
      ),
    'an answer of a pod',
  );
  const run = (workload: string): ReturnType<typeof lastcall> =>
    lastcall([
      'drill',
      '--k8s',
      workload,
      '--kubeconfig',
      kubeconfig,
      '--url',
      base,
      '--http',
      '/work?{id}',
      '--rate',
      '40',
      '--linger',
      '30s',
      '--ready-within',
      '60s',
      '--clients',
      'new=1',
      '--json',
    ]);
  return {
    lastcall: run,
    async drill() {
      const { code, stdout, stderr } = await run('deploy/model');
      assert.notEqual(stdout, '', stderr);
      return { code, report: JSON.parse(stdout) as DrillReport };
    },
  };
}

async function deploy(cluster: PlayedCluster): Promise<void> {
  const labels = { app: 'model' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'localhost/model' }] } };
  await cluster.call('POST', '/apis/apps/v1/namespaces/default/deployments', {
    metadata: { name: 'model' },
    spec: { replicas: 2, selector: { matchLabels: labels }, template },
  });
  await cluster.call('POST', '/api/v1/namespaces/default/services', {
    metadata: { name: 'model' },
    spec: { selector: labels, ports: [{ port: 80 }] },
  });
}
