// Where an HTTP sink may deliver to. The URL is the operator's, but a typing mistake must not send outputs in clear text
// over a network, and credentials belong into headers, not into a URL that ends up in logs.
import { connect } from 'node:net';
import { LastcallError, messageOf } from '../../../base/errors.ts';

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** @throws LastcallError `usage` */
export function checkTarget(url: string, allowPlainHttp: boolean): URL {
  const target = URL.canParse(url) ? new URL(url) : null;
  if (!target || !['https:', 'http:'].includes(target.protocol)) {
    throw usage(url, 'not an http(s) URL', 'Give one such as https://example.org/outputs.');
  }
  if (target.username !== '' || target.password !== '') {
    throw usage(target.host, 'the URL holds credentials', 'Give them as a header, such as authorization.');
  }
  if (target.protocol === 'http:' && !LOOPBACK.test(target.hostname) && !allowPlainHttp) {
    throw usage(url, 'outputs would go over the network in clear text', "Use https, or say plainHttp: 'allowed'.");
  }
  return target;
}

/** Time for a connection at the start, milliseconds. */
const CONNECT_MS = 5_000;

/** @throws LastcallError `dependency` if nobody accepts connections there */
export async function checkReachable(target: URL): Promise<void> {
  const port = Number(target.port || (target.protocol === 'https:' ? 443 : 80));
  const host = target.hostname.replace(/^\[(.*)\]$/, '$1');
  try {
    await new Promise<void>((resolve, reject) => {
      const socket = connect({ host, port });
      socket.setTimeout(CONNECT_MS, () => socket.destroy(new Error(`no connection within ${CONNECT_MS} ms`)));
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.destroy();
        resolve();
      });
    });
  } catch (error) {
    throw new LastcallError('dependency', {
      what: `nobody accepts connections: ${messageOf(error)}`,
      on: `http sink, ${target.origin}`,
      todo: 'Start the service, or check the URL.',
      cause: error,
    });
  }
}

function usage(on: string, what: string, todo: string): LastcallError {
  return new LastcallError('usage', { what, on: `http sink, ${on}`, todo });
}
