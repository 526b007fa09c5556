// Answers of the plane itself: problem details (RFC 9457) that say what happened to the request, so that its sender
// knows whether sending it again can repeat anything.
import { STATUS_CODES } from 'node:http';

export interface GatewayProblem {
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly hint: string;
  /** `returned`: it never reached an instance, so it is safe to send again · `lost`: it may have been acted on. */
  readonly outcome: 'returned' | 'lost' | 'refused';
}

const HINTS = {
  returned: 'It never reached the instance: send it again.',
  lost: 'The instance may have acted on it: send it again only if that is safe.',
  refused: 'Mend the request.',
} as const;

export function gatewayProblem(
  status: number,
  code: string,
  detail: string,
  outcome: GatewayProblem['outcome'],
): GatewayProblem {
  return { title: STATUS_CODES[status] ?? 'Error', status, code, detail, hint: HINTS[outcome], outcome };
}

/** Flat headers for it. */
export function problemHeaders({ outcome }: GatewayProblem): readonly string[] {
  const common = ['content-type', 'application/problem+json', 'cache-control', 'no-store'];
  return outcome === 'returned' ? [...common, 'retry-after', '1'] : common;
}
