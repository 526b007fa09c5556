// Where a target answers, and that a drill stays on this machine unless somebody says that the target is theirs.
import { LastcallError } from '../../base/errors.ts';
import type { Address } from '../load/types.ts';
import type { ProbePlace } from '../watch/probe.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/** @throws LastcallError `usage` for what is no http(s) URL, or not on loopback */
export function addressOf(url: string, mayLeave: boolean): Address {
  const parsed = parse(url);
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  if (!LOOPBACK.test(host) && !mayLeave) {
    throw new LastcallError('usage', {
      what: 'a drill sends load and ends what it is pointed at, and this is another machine',
      on: host,
      todo: 'Add --i-own-this-target if it is yours to break.',
    });
  }
  const tls = parsed.protocol === 'https:';
  return { host, port: Number(parsed.port || (tls ? 443 : 80)), tls };
}

/** @param given a path on `url`, or a URL of its own */
export function probePlace(given: string, url: string, mayLeave: boolean): ProbePlace {
  if (given.startsWith('/')) return { address: addressOf(url, mayLeave), path: given };
  const parsed = parse(given);
  return { address: addressOf(given, mayLeave), path: parsed.pathname + parsed.search };
}

function parse(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed && (parsed.protocol === 'http:' || parsed.protocol === 'https:')) return parsed;
  throw new LastcallError('usage', {
    what: 'this is no address',
    on: url,
    todo: 'Write a path, or http://127.0.0.1:PORT/path.',
  });
}
