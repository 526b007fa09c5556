// Instances of a Kubernetes service: the EndpointSlices of its name (discovery.k8s.io/v1) are listed and watched. Ready
// endpoints are named; terminating ones are not, so they are drained as soon as the API says so, which is before most of
// them stop listening.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import { LastcallError } from '../../base/errors.ts';
import type { Follow, FoundInstance } from './discovery.ts';
import { readKubeconfig, type KubernetesAccess } from './kubeconfig.ts';

export interface KubernetesRules {
  readonly service: string;
  readonly namespace: string;
  /** Name or number of a port of the slices; the first one without. */
  readonly port?: string | number | undefined;
}

export interface EndpointSlice {
  readonly metadata: { readonly name: string; readonly resourceVersion?: string };
  readonly endpoints?:
    | readonly {
        readonly addresses: readonly string[];
        readonly conditions?: { readonly ready?: boolean; readonly terminating?: boolean };
      }[]
    | null;
  readonly ports?: readonly { readonly name?: string; readonly port?: number; readonly appProtocol?: string }[] | null;
}

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: EndpointSlice;
}

const LINE_LENGTH_MAX = 4 * 2 ** 20;
/** The server ends a watch by itself after this long; a silent connection is then noticed too. */
const WATCH_S = 240;

export const followKubernetes: Follow<KubernetesRules> = (rules, everyMs, listener) => {
  const stopped = new AbortController();
  const follow = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      try {
        await listAndWatch(rules, access(), stopped.signal, (instances) => listener.found(instances));
      } catch (error) {
        if (stopped.signal.aborted) return;
        listener.failed(error);
        await pause(Math.min(everyMs, 10_000), stopped.signal);
      }
    }
  };
  void follow();
  return () => stopped.abort();
};

async function listAndWatch(
  rules: KubernetesRules,
  { server, token, ca, cert, key, verified }: KubernetesAccess,
  stopped: AbortSignal,
  found: (instances: readonly FoundInstance[]) => void,
): Promise<void> {
  const connect = {
    rejectUnauthorized: verified,
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert, key: key! }),
  };
  const dispatcher = new Agent({ connect, bodyTimeout: (WATCH_S + 60) * 1_000 });
  const slices = new Map<string, EndpointSlice>();
  const tell = () => found([...slices.values()].flatMap((slice) => instancesOf(slice, rules.port)));
  const headers = { accept: 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) };
  const ask = async (more: Readonly<Record<string, string>>) => {
    const path = `/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(rules.namespace)}/endpointslices`;
    const address = new URL(path, server);
    address.searchParams.set('labelSelector', `kubernetes.io/service-name=${rules.service}`);
    for (const [name, value] of Object.entries(more)) address.searchParams.set(name, value);
    const { statusCode, body } = await request(address, { dispatcher, headers, signal: stopped });
    if (statusCode !== 200) throw new Error(`Kubernetes answered ${statusCode}: ${(await body.text()).slice(0, 300)}`);
    return body;
  };
  try {
    const listed = (await (await ask({})).json()) as { metadata: { resourceVersion: string }; items: EndpointSlice[] };
    for (const slice of listed.items) slices.set(slice.metadata.name, slice);
    tell();
    const { resourceVersion } = listed.metadata;
    const body = await ask({
      watch: 'true',
      resourceVersion,
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(WATCH_S),
    });
    for await (const line of linesOf(body)) {
      const { type, object } = JSON.parse(line) as WatchEvent;
      // Too old a version, mostly: everything is listed again.
      if (type === 'ERROR') return;
      if (type === 'BOOKMARK') continue;
      if (type === 'DELETED') slices.delete(object.metadata.name);
      else slices.set(object.metadata.name, object);
      tell();
    }
  } finally {
    void dispatcher.destroy().catch(() => {});
  }
}

export function instancesOf({ endpoints, ports }: EndpointSlice, wanted: string | number | undefined): FoundInstance[] {
  const port = (ports ?? []).find(
    ({ name, port: number }) => wanted === undefined || wanted === name || wanted === number,
  );
  if (port?.port === undefined) return [];
  const scheme = port.appProtocol === 'https' ? 'https' : 'http';
  return (endpoints ?? []).flatMap(({ addresses, conditions }) => {
    // `ready` is missing where nothing is known, and counts as ready (the API's own words).
    if (conditions?.ready === false || conditions?.terminating === true) return [];
    return addresses.slice(0, 1).map((host) => ({ host, port: port.port!, weight: 1, scheme }) as const);
  });
}

const IN_CLUSTER = '/var/run/secrets/kubernetes.io/serviceaccount';

/** In a pod its service account, else the kubeconfig file. Tokens are read again each time: they expire. */
function access(): KubernetesAccess {
  const host = process.env['KUBERNETES_SERVICE_HOST'];
  const file = process.env['KUBECONFIG'];
  if (file) return readKubeconfig(file);
  if (!host) {
    throw new LastcallError('usage', {
      what: 'this is no pod, and KUBECONFIG is not set',
      on: 'discover.kubernetes',
      todo: 'Set KUBECONFIG to a kubeconfig file.',
    });
  }
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${process.env['KUBERNETES_SERVICE_PORT'] ?? '443'}`,
    token: readFileSync(`${IN_CLUSTER}/token`, 'utf8').trim(),
    ca: readFileSync(`${IN_CLUSTER}/ca.crt`, 'utf8'),
    cert: null,
    key: null,
    verified: true,
  };
}

async function* linesOf(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const lines = text.split('\n');
    text = lines.pop()!;
    if (text.length > LINE_LENGTH_MAX) throw new Error('a line of the watch is too long');
    yield* lines.filter((line) => line !== '');
  }
}

function pause(ms: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms).unref();
    stopped.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
