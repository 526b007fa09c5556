// A real Kubernetes control plane without nodes: API server, controller manager and scheduler in one program that lies beside the
// project (shared/services/kubernetes), and etcd from Debian. No kubelet: a test that wants pods to run plays it.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { debian } from './sources/debian.ts';
import type { Service, Source } from './types.ts';

const PACKED = join(import.meta.dirname, '..', '..', '..', 'shared', 'services', 'kubernetes', 'kube.zst');
const SHA256 = '730ae59d76e700227cb385cef4aff9a6a3d415209ed07c95cc1d09889761b57b';
const BYTES_MAX = 512 * 2 ** 20;

/** Bearer token of an administrator. The server listens on loopback, and its data are thrown away. */
export const KUBERNETES_TOKEN = 'admintoken';

const etcd = debian({ packages: ['etcd-server'] });

const source: Source = {
  contents: `kubernetes ${SHA256} with ${etcd.contents}`,
  impossible() {
    if (process.platform !== 'linux' || process.arch !== 'x64') return 'its program is for Linux on x86-64';
    if (!existsSync(PACKED)) return 'its program is not beside the project (shared/services/kubernetes/kube.zst)';
    return etcd.impossible();
  },
  async fetch(folder, say) {
    const version = await etcd.fetch(folder, say);
    say('unpacking the control plane');
    const program = await promisify(zstdDecompress)(await readFile(PACKED), { maxOutputLength: BYTES_MAX });
    if (createHash('sha256').update(program).digest('hex') !== SHA256) throw new Error('kube.zst is not what it was');
    await writeFile(join(folder, 'usr', 'bin', 'kube'), program, { mode: 0o755 });
    return `1.34.4 with etcd ${version}`;
  },
  binaries: (folder) => etcd.binaries(folder),
  environment: (folder) => etcd.environment(folder),
};

export const kubernetes: Service = {
  name: 'kubernetes',
  source,
  server: {
    async command({ run, port }) {
      const program = join(import.meta.dirname, 'kubernetes', 'control-plane.ts');
      return { program: process.execPath, args: [program, run, String(port), KUBERNETES_TOKEN] };
    },
    ready: ({ port }) => answers(port),
    readyMsMax: 120_000,
  },
};

/** The scheduler and the controllers are up when the default service account is there. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path: '/api/v1/namespaces/default/serviceaccounts/default',
      rejectUnauthorized: false,
      headers: { authorization: `Bearer ${KUBERNETES_TOKEN}` },
      timeout: 5_000,
    };
    const asked = request(options, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer')));
    asked.on('error', reject);
    asked.end();
  });
}
