// A pod that a task names as `job_id`, `NAME` or `NAMESPACE/NAME`: gone if the API server has no such pod, or says that it ended.
import { messageOf } from '../../base/errors.ts';
import { readFile } from 'node:fs/promises';
import type { Answer, Witness } from './witness.ts';

export interface KubernetesWitnessOptions {
  /** Of the API server; plain http only for `kubectl proxy` on this machine. */
  readonly url: string;
  readonly namespace: string;
  /** File with a bearer token, read at every question: tokens of service accounts are renewed. null: none. */
  readonly tokenFile: string | null;
}

const TIMEOUT_MS = 10_000;
/** Names of Kubernetes objects (RFC 1123 subdomains). */
const NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

export function kubernetesWitness({ url, namespace, tokenFile }: KubernetesWitnessOptions): Witness {
  return {
    name: 'kubernetes',
    async ask({ job }, signal) {
      const [name = '', space = namespace] = (job ?? '').split('/').reverse();
      if (!NAME.test(name) || !NAME.test(space)) return null;
      try {
        const token = tokenFile === null ? null : (await readFile(tokenFile, 'utf8')).trim();
        const answer = await fetch(new URL(`/api/v1/namespaces/${space}/pods/${name}`, url), {
          headers: token === null ? {} : { authorization: `Bearer ${token}` },
          redirect: 'manual',
          signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
        });
        const body = (await answer.json()) as { reason?: unknown; status?: { phase?: unknown } };
        return judge(`${space}/${name}`, answer.status, body);
      } catch (error) {
        signal.throwIfAborted();
        return { verdict: 'unknown', detail: `the API server did not answer: ${messageOf(error)}` };
      }
    },
  };
}

function judge(pod: string, status: number, body: { reason?: unknown; status?: { phase?: unknown } }): Answer {
  // Only the API server's own word counts: a proxy in between has other kinds of 404.
  if (status === 404 && body.reason === 'NotFound') return { verdict: 'gone', detail: `there is no pod ${pod}` };
  if (status !== 200) return { verdict: 'unknown', detail: `the API server answered ${status}` };
  const phase = body.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') return { verdict: 'gone', detail: `pod ${pod} is ${phase}` };
  if (phase === 'Running' || phase === 'Pending') return { verdict: 'alive', detail: `pod ${pod} is ${phase}` };
  return { verdict: 'unknown', detail: `pod ${pod} is in phase ${JSON.stringify(phase)}` };
}
