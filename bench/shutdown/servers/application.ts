// The application that every server of this benchmark runs: `/readyz` is left to each library, `/work?ms=N` answers after
// N milliseconds with a body whose length is known, so that a truncated answer is seen.
import type { IncomingMessage, ServerResponse } from 'node:http';

export const BODY = 'x'.repeat(4_096);

export function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const ms = Math.min(Number(url.searchParams.get('ms') ?? 0), 10_000);
  setTimeout(() => {
    response.setHeader('content-length', BODY.length);
    response.end(BODY);
  }, ms);
}

/** Tells the parent the port. */
export function tell(port: number): void {
  process.stdout.write(`listening ${port}\n`);
}
