// Whether a port is free: only binding it shows that. Asked for every address, since whoever holds it on one of them would
// get the requests that come there.
import { createServer } from 'node:net';

/** @returns why it cannot be had, or null */
export async function portEvidence(port: number): Promise<string | null> {
  const found = (await bind(port, '0.0.0.0')) ?? (await bind(port, '::'));
  return found === null ? null : `port ${port} cannot be bound: ${found}`;
}

function bind(port: number, host: string): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      // A machine without IPv6 has nothing that could be taken there.
      resolve(code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL' ? null : (code ?? message));
    });
    server.listen({ port, host, exclusive: true, ipv6Only: host === '::' }, () => server.close(() => resolve(null)));
  });
}
