// How to reach a cluster: a kubeconfig, or the service account of the pod that we run in.
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { LastcallError } from '../../base/errors.ts';
import { parseYaml, readTrustedText } from '../../options/yaml-file.ts';

export interface ClusterAccess {
  readonly server: string;
  readonly namespace: string;
  readonly token: string | null;
  readonly ca: string | null;
  readonly certificate: string | null;
  readonly key: string | null;
  readonly checksCertificate: boolean;
}

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

type Named = { readonly name?: string } & Record<string, unknown>;
interface KubeConfig {
  readonly 'current-context'?: string;
  readonly contexts?: readonly Named[];
  readonly clusters?: readonly Named[];
  readonly users?: readonly Named[];
}

/** @param file kubeconfig; null: KUBECONFIG, else ~/.kube/config, else the pod's account @throws LastcallError `usage` */
export function clusterAccess(file: string | null, environment: NodeJS.ProcessEnv): ClusterAccess {
  const path = file ?? environment['KUBECONFIG']?.split(delimiter)[0] ?? join(homedir(), '.kube', 'config');
  if (file !== null || existsSync(path)) return fromFile(path);
  const host = environment['KUBERNETES_SERVICE_HOST'];
  if (host === undefined || !existsSync(join(ACCOUNT, 'token'))) {
    throw wrong(path, 'there is no kubeconfig', 'Give --kubeconfig FILE, or set KUBECONFIG.');
  }
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${environment['KUBERNETES_SERVICE_PORT'] ?? '443'}`,
    namespace: readFileSync(join(ACCOUNT, 'namespace'), 'utf8').trim(),
    token: readFileSync(join(ACCOUNT, 'token'), 'utf8').trim(),
    ca: readFileSync(join(ACCOUNT, 'ca.crt'), 'utf8'),
    certificate: null,
    key: null,
    checksCertificate: true,
  };
}

function fromFile(path: string): ClusterAccess {
  const [document] = parseYaml(readTrustedText(path, path, { givenBy: '--kubeconfig or KUBECONFIG' }), path);
  const config = document!.document.toJS() as KubeConfig;
  const context = find(config.contexts, config['current-context'], 'context', path);
  const cluster = find(config.clusters, text(context['cluster']), 'cluster', path);
  const user = find(config.users, text(context['user']), 'user', path);
  if (user['exec'] !== undefined || user['auth-provider'] !== undefined) {
    throw wrong(
      path,
      'its user logs in through a program, which a drill does not start',
      'Make a token: kubectl create token NAME, and put it into a kubeconfig.',
    );
  }
  const server = text(cluster['server']);
  if (server === undefined) throw wrong(path, 'its cluster has no server', 'See kubectl config view.');
  const from = (holder: Named, name: string): string | null => {
    const data = text(holder[`${name}-data`]);
    if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
    const file = text(holder[name]);
    return file === undefined ? null : readFileSync(resolve(dirname(path), file), 'utf8');
  };
  const tokenFile = text(user['tokenFile']);
  return {
    server: server.replace(/\/$/, ''),
    namespace: text(context['namespace']) ?? 'default',
    token: text(user['token']) ?? (tokenFile === undefined ? null : readFileSync(tokenFile, 'utf8').trim()),
    ca: from(cluster, 'certificate-authority'),
    certificate: from(user, 'client-certificate'),
    key: from(user, 'client-key'),
    checksCertificate: cluster['insecure-skip-tls-verify'] !== true,
  };
}

/** The entry of this name; what it holds lies under its kind. */
function find(list: readonly Named[] | undefined, name: string | undefined, kind: string, path: string): Named {
  const found = list?.find((it) => it.name === name);
  if (name === undefined || found === undefined)
    throw wrong(path, `there is no ${kind} ${name ?? ''}`.trimEnd(), 'See kubectl config view.');
  return (found[kind] ?? {}) as Named;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function wrong(on: string, what: string, todo: string): LastcallError {
  return new LastcallError('usage', { what, on, todo });
}
