// The processes of a control plane under one parent: `control-plane.ts FOLDER PORT TOKEN`. When one of them ends, all do, and so
// does this program; whoever started it owns them all. Leaves FOLDER/kubeconfig.
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

const [folder = '', port = '', token = ''] = process.argv.slice(2);
const [client, peer, manager, scheduler] = await freePorts(4);
const certificates = join(folder, 'certificates');
mkdirSync(certificates, { recursive: true });
const accountKey = join(certificates, 'accounts.key');
const accountPublicKey = join(certificates, 'accounts.pub');
const tokens = join(certificates, 'tokens.csv');
const kubeconfig = join(folder, 'kubeconfig');
const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
writeFileSync(accountKey, privateKey, { mode: 0o600 });
writeFileSync(accountPublicKey, publicKey);
writeFileSync(tokens, `${token},admin,admin,system:masters\n`, { mode: 0o600 });
writeFileSync(
  kubeconfig,
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: `https://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  }),
  { mode: 0o600 },
);

start('etcd', [
  `--data-dir=${join(folder, 'etcd')}`,
  `--listen-client-urls=http://127.0.0.1:${client}`,
  `--advertise-client-urls=http://127.0.0.1:${client}`,
  `--listen-peer-urls=http://127.0.0.1:${peer}`,
  `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
  `--initial-cluster=default=http://127.0.0.1:${peer}`,
  '--unsafe-no-fsync',
]);
start('kube', [
  'apiserver',
  `--etcd-servers=http://127.0.0.1:${client}`,
  '--bind-address=127.0.0.1',
  `--secure-port=${port}`,
  `--cert-dir=${join(certificates, 'api')}`,
  '--service-account-issuer=https://kubernetes.default.svc',
  `--service-account-key-file=${accountPublicKey}`,
  `--service-account-signing-key-file=${accountKey}`,
  `--token-auth-file=${tokens}`,
  '--authorization-mode=RBAC',
  '--service-cluster-ip-range=10.96.0.0/24',
  '--endpoint-reconciler-type=none',
  '--advertise-address=127.0.0.1',
  '--enable-priority-and-fairness=false',
]);
start('kube', [
  'controller-manager',
  `--kubeconfig=${kubeconfig}`,
  `--service-account-private-key-file=${accountKey}`,
  '--use-service-account-credentials=false',
  '--leader-elect=false',
  '--bind-address=127.0.0.1',
  `--secure-port=${manager}`,
  `--cert-dir=${join(certificates, 'manager')}`,
]);
start('kube', [
  'scheduler',
  `--kubeconfig=${kubeconfig}`,
  '--leader-elect=false',
  '--bind-address=127.0.0.1',
  `--secure-port=${scheduler}`,
  `--cert-dir=${join(certificates, 'scheduler')}`,
]);

function start(program: string, args: readonly string[]): void {
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const name = `${program} ${args[0]}`;
  child.on('error', (error) => end(`${name}: ${error.message}`));
  child.on('exit', (code, signal) => end(`${name} ended with ${code ?? signal}`));
}

function end(why: string): never {
  process.stderr.write(`control plane: ${why}\n`);
  process.exit(1);
}

async function freePorts(count: number): Promise<number[]> {
  const probes = Array.from({ length: count }, () => createServer());
  await Promise.all(
    probes.map((probe) => new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', () => resolve()))),
  );
  const ports = probes.map((probe) => (probe.address() as AddressInfo).port);
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))));
  return ports;
}
