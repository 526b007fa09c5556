// Why a request went where it went, in one header, for administrators: `X-Lastcall-Explain: KEY` in the request.
import type { Plan } from '../core/plan.ts';
import type { ServedRequest } from './served.ts';

export const EXPLAIN_HEADER = 'x-lastcall-explain';

export function explanationOf({ route, choice, ticket, model }: Plan, { attempts, cookie }: ServedRequest): string {
  const { session, instance } = ticket;
  const parts = {
    route: route.name,
    model: model.config.name,
    version: ticket.version,
    'version-by': choice.by,
    because: choice.because,
    ...(ticket.version === choice.version ? {} : { 'instead-of': choice.version }),
    instance: instance?.id ?? '',
    balance: model.config.balance,
    session: cookie !== null && session.kind !== 'none' ? 'cookie' : session.kind,
    attempt: String(attempts),
    'in-flight': String(instance?.inFlight ?? 0),
  };
  return Object.entries(parts)
    .map(([name, value]) => `${name}=${visible(value)}`)
    .join('; ');
}

/** Names come from configuration and clients; a header takes visible ASCII. */
function visible(text: string): string {
  return /^[\w./:*-]+$/.test(text) ? text : JSON.stringify(text).replaceAll(/[^\x20-\x7e]/g, '?');
}
