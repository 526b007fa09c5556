// The manifests of deploy/kubernetes before a real API server: admission, schemas and defaults say yes to each of them.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { KUBERNETES_TOKEN } from '../services/kubernetes.ts';
import { useService } from '../services/use.ts';

const KUSTOMIZATIONS = join(import.meta.dirname, '..', '..', 'deploy', 'kubernetes');

test('a real API server accepts every kustomization', async (t) => {
  if (spawnSync('kubectl', ['version', '--client']).status !== 0) return t.skip('kubectl is not on this machine');
  const kubernetes = await useService('kubernetes', t);
  if (!kubernetes) return;
  const { address } = await kubernetes.start();
  const access = [`--server=https://${address}`, `--token=${KUBERNETES_TOKEN}`, '--insecure-skip-tls-verify'];
  for (const name of ['base', ...globSync('overlays/*', { cwd: KUSTOMIZATIONS })]) {
    const words = ['apply', '--dry-run=server', '--validate=strict', '-k', join(KUSTOMIZATIONS, name)];
    const { error, output } = await new Promise<{ error: unknown; output: string }>((resolve) => {
      execFile('kubectl', [...access, ...words], { timeout: 60_000 }, (error, stdout, stderr) => {
        resolve({ error, output: stdout + stderr });
      });
    });
    assert.equal(error, null, `${name}: ${output}`);
    assert.match(output, /deployment\.apps\/model created \(server dry run\)/);
    assert.doesNotMatch(output, /Warning/i, `${name}: ${output}`);
  }
});
