// Instances of a Consul service that pass their checks, by blocking queries of its HTTP API: an answer comes when
// something has changed.
import type { Follow, FoundInstance } from './discovery.ts';

export interface ConsulRules {
  readonly url: string;
  readonly service: string;
  readonly tag?: string | undefined;
}

/** How long Consul holds a question to which nothing has changed. */
const WAIT_S = 30;
const SLACK_MS = 10_000;

interface Entry {
  readonly Node: { readonly Address: string };
  readonly Service: {
    readonly Address: string;
    readonly Port: number;
    readonly Weights?: { readonly Passing?: number };
  };
}

export const followConsul: Follow<ConsulRules> = (rules, everyMs, listener) => {
  const stopped = new AbortController();
  const follow = async (): Promise<void> => {
    let index = '0';
    while (!stopped.signal.aborted) {
      try {
        const answer = await ask(rules, index, stopped.signal);
        listener.found(answer.instances);
        // An index that goes backwards, or none, is that of another server: from the beginning (Consul's own advice).
        index = Number(answer.index) > 0 && Number(answer.index) >= Number(index) ? answer.index : '0';
        if (index === '0') await pause(everyMs, stopped.signal);
      } catch (error) {
        if (stopped.signal.aborted) return;
        listener.failed(error);
        index = '0';
        await pause(everyMs, stopped.signal);
      }
    }
  };
  void follow();
  return () => stopped.abort();
};

async function ask(
  { url, service, tag }: ConsulRules,
  index: string,
  stopped: AbortSignal,
): Promise<{ instances: readonly FoundInstance[]; index: string }> {
  const address = new URL(`/v1/health/service/${encodeURIComponent(service)}`, url);
  address.searchParams.set('passing', '1');
  if (tag !== undefined) address.searchParams.set('tag', tag);
  if (index !== '0') {
    address.searchParams.set('index', index);
    address.searchParams.set('wait', `${WAIT_S}s`);
  }
  const token = process.env['CONSUL_HTTP_TOKEN'];
  const response = await fetch(address, {
    headers: token ? { 'x-consul-token': token } : {},
    signal: AbortSignal.any([stopped, AbortSignal.timeout(WAIT_S * 1_000 * 1.1 + SLACK_MS)]),
  });
  if (!response.ok) throw new Error(`Consul answered ${response.status}`);
  const entries = (await response.json()) as readonly Entry[];
  const instances = entries.map(({ Node, Service }): FoundInstance => {
    const weight = Math.max(1, Service.Weights?.Passing ?? 1);
    return { host: Service.Address || Node.Address, port: Service.Port, weight, scheme: 'http' };
  });
  return { instances, index: response.headers.get('x-consul-index') ?? '0' };
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
