// Sends the report to an address that somebody configured, since pods die with their files: POSTed as JSON, or, where the
// address has `{unit}`, `{status}`, `{code}` or `{outcome}` in it, a GET with these filled in, which is what people wrote by
// hand after `EXIT=$?`. Through a proxy where the environment names one. Loaded only where there is an address.
import type { RequestOptions } from 'node:http';
import { systemClock } from '../base/clock.ts';
import { LastcallError, messageOf } from '../base/errors.ts';
import type { Report } from './report.ts';

const PLACES = /\{(unit|instance|status|code|outcome)\}/g;
/** A receiver that is away for a moment is asked again, so often as the time allows. */
const AGAIN_MS_MIN = 200;
const AGAIN_MS_MAX = 2_000;
/** One try; the last one may have less. */
const TRY_MS_MAX = 5_000;

/**
 * Waits `boundMs` at most.
 * @throws LastcallError `io` with the last reason, if nobody took it
 */
export async function deliverReport(
  url: string,
  report: Report,
  boundMs: number,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const endAtMs = systemClock.monotonicMs() + boundMs;
  for (let pauseMs = AGAIN_MS_MIN; ; pauseMs = Math.min(2 * pauseMs, AGAIN_MS_MAX)) {
    const leftMs = endAtMs - systemClock.monotonicMs();
    const failure = await tryOnce(url, report, Math.ceil(Math.max(1, Math.min(leftMs, TRY_MS_MAX))), environment);
    if (failure === null) return;
    // An answer that would be the same again, or no time for another try.
    if (failure.final || endAtMs - systemClock.monotonicMs() <= pauseMs) throw undelivered(url, failure.why);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** The address with what became of the unit in the places that it has for that. */
export function fillIn(url: string, report: Report): string {
  const { unit, exitCode, outcome } = report;
  const values: Readonly<Record<string, string>> = {
    unit: unit.name,
    instance: unit.instance,
    status: exitCode === 0 ? 'success' : 'error',
    code: String(exitCode),
    outcome,
  };
  return url.replaceAll(PLACES, (_, name: string) => encodeURIComponent(values[name]!));
}

interface Failure {
  readonly why: string;
  /** Trying again would not help. */
  readonly final: boolean;
}

async function tryOnce(
  url: string,
  report: Report,
  boundMs: number,
  proxyEnv: Readonly<Record<string, string | undefined>>,
): Promise<Failure | null> {
  const filled = fillIn(url, report);
  const isGet = filled !== url;
  const body = isGet ? '' : JSON.stringify(report);
  const { request, Agent } = filled.startsWith('https:') ? await import('node:https') : await import('node:http');
  const options: RequestOptions = {
    method: isGet ? 'GET' : 'POST',
    headers: isGet ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    // HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in either case of letters.
    agent: new Agent({ proxyEnv: { ...proxyEnv } }),
    signal: AbortSignal.timeout(boundMs),
  };
  return new Promise((resolve) => {
    const sent = request(filled, options, (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      const again = status >= 500 || status === 429 || status === 408;
      resolve(status >= 200 && status < 300 ? null : { why: `answered with ${status}`, final: !again });
    });
    sent.on('error', (error) => resolve({ why: messageOf(error), final: false }));
    sent.end(body);
  });
}

function undelivered(url: string, why: string): LastcallError {
  return new LastcallError('io', {
    what: `the report could not be delivered (${why})`,
    on: new URL(url).host,
    todo: 'Check the address given as reportUrl.',
  });
}
