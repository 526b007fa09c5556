// The current context of a kubeconfig file: server, certificates and token. Programs that fetch credentials (exec) are not
// run; a token or a certificate has to be there.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { LastcallError } from '../../base/errors.ts';

export interface KubernetesAccess {
  readonly server: string;
  readonly token: string | null;
  /** PEM, each. */
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  /** Whether the server's certificate is verified; the file may say not to, for tests. */
  readonly verified: boolean;
}

type Named<Kind extends string> = { readonly name: string } & {
  readonly [K in Kind]: Readonly<Record<string, string>>;
};

interface Kubeconfig {
  readonly 'current-context'?: string;
  readonly contexts?: readonly Named<'context'>[];
  readonly clusters?: readonly Named<'cluster'>[];
  readonly users?: readonly Named<'user'>[];
}

/** @throws LastcallError `usage` for a file without a context that can be used */
export function readKubeconfig(path: string): KubernetesAccess {
  const config = parse(readFileSync(path, 'utf8'), { maxAliasCount: 0 }) as Kubeconfig;
  const context = config.contexts?.find(({ name }) => name === config['current-context'])?.context;
  const cluster = config.clusters?.find(({ name }) => name === context?.['cluster'])?.cluster;
  const user = config.users?.find(({ name }) => name === context?.['user'])?.user ?? {};
  if (!cluster?.['server']) {
    throw new LastcallError('usage', {
      what: 'there is no current context with a server',
      on: path,
      todo: 'See `kubectl config view`.',
    });
  }
  const pem = (from: Readonly<Record<string, string | undefined>>, name: string): string | null => {
    const data = from[`${name}-data`];
    if (data) return Buffer.from(data, 'base64').toString();
    return from[name] ? readFileSync(resolve(dirname(path), from[name]), 'utf8') : null;
  };
  const tokenFile = user['tokenFile'];
  return {
    server: cluster['server'],
    token: user['token'] ?? (tokenFile ? readFileSync(resolve(dirname(path), tokenFile), 'utf8').trim() : null),
    ca: pem(cluster, 'certificate-authority'),
    cert: pem(user, 'client-certificate'),
    key: pem(user, 'client-key'),
    verified: String(cluster['insecure-skip-tls-verify']) !== 'true',
  };
}
