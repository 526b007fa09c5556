// A copy of a request for a shadow version: its answer is thrown away, it is never counted, never sent again, and never
// waited for. More than a bound at once are not sent at all, so that a slow shadow costs nobody else anything.
import type { Attempt, AttemptRequest, AttemptSink } from './attempt.ts';
import type { NodeUpstream } from './upstream.ts';

/** Copies under way at once, per shadow. */
const COPIES_MAX = 256;

const underWay = new WeakMap<NodeUpstream, number>();

/** @param request with a body that is whole, or none */
export function sendCopy(shadow: NodeUpstream, request: AttemptRequest): void {
  const count = underWay.get(shadow) ?? 0;
  if (count >= COPIES_MAX) return;
  underWay.set(shadow, count + 1);
  const over = () => underWay.set(shadow, (underWay.get(shadow) ?? 1) - 1);
  const sink: AttemptSink = {
    sent() {},
    information() {},
    // A stream would have no end that anybody waits for.
    head: (_status, _message, headers) => {
      if (headers['content-type']?.startsWith('text/event-stream') !== true) return;
      attempt.abort();
      over();
    },
    data: () => true,
    end: over,
    failed: over,
  };
  const attempt: Attempt = shadow.send({ ...request, headers: [...request.headers] }, sink);
}
