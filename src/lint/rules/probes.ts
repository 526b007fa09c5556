// Probes as rules compare them: what is asked, not how often.
import type { Tree } from '../tree/tree.ts';

const HANDLERS = ['httpGet', 'tcpSocket', 'grpc', 'exec'] as const;

/** What a probe asks, as a text that is equal for equal questions; undefined if that is not known. */
export function questionOf(probe: Tree): string | undefined {
  for (const name of HANDLERS) {
    const handler = probe.get(name);
    if (!handler.exists) continue;
    const text = plain(handler);
    return text === undefined ? undefined : `${name} ${text}`;
  }
  return undefined;
}

/** The parts that matter, in one order; undefined as soon as one is filled in later. */
function plain(tree: Tree): string | undefined {
  if (tree.isTemplated) return undefined;
  if (tree.kind === 'scalar') return tree.raw;
  const parts =
    tree.kind === 'list'
      ? tree.items().map((item) => plain(item))
      : tree
          .entries()
          .filter(({ key }) => key !== 'httpHeaders')
          .sort((a, b) => (a.key < b.key ? -1 : 1))
          .map(({ key, value }) => {
            const text = plain(value);
            return text === undefined ? undefined : `${key}=${text}`;
          });
  return parts.includes(undefined) ? undefined : parts.join(' ');
}

/** How long a probe may fail before it has consequences: delay + period × failures. */
export function patienceMs(probe: Tree): number {
  const delay = probe.get('initialDelaySeconds').number() ?? 0;
  return (delay + (probe.get('periodSeconds').number() ?? 10) * (probe.get('failureThreshold').number() ?? 3)) * 1_000;
}
