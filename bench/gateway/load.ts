// Clients with as little work of their own as can be: raw sockets that send the same bytes again when an answer is whole.
import { connect, type Socket } from 'node:net';

export interface LoadOptions {
  readonly port: number;
  readonly request: Buffer;
  readonly connections: number;
  readonly requests: number;
}

/** Settles when `requests` answers have come. @throws Error if a connection is lost or an answer is not 200 */
export async function load({ port, request, connections, requests }: LoadOptions): Promise<void> {
  let started = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect(port, '127.0.0.1');
      socket.setNoDelay(true);
      await new Promise<void>((resolve, reject) => {
        const next = () => {
          if (started >= requests) return resolve();
          started++;
          socket.write(request);
        };
        let text = '';
        socket.on('data', (chunk: Buffer) => {
          text += chunk.toString('latin1');
          // Every answer is the same JSON object, with a length or in chunks.
          if (!text.endsWith('}') && !text.endsWith('0\r\n\r\n')) return;
          if (!text.startsWith('HTTP/1.1 200')) return reject(new Error(text));
          text = '';
          next();
        });
        socket.once('error', reject).once('close', () => reject(new Error('the connection was closed')));
        socket.once('connect', next);
      });
      socket.removeAllListeners('close').destroy();
    }),
  );
}

/** Opens streams of events and keeps them; settles when each has said its first event. */
export async function openStreams(port: number, count: number): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const batch = Array.from({ length: Math.min(100, count - sockets.length) }, async () => {
      const socket = connect(port, '127.0.0.1');
      let text = '';
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject).once('close', () => reject(new Error(`the stream was closed: ${text}`)));
        socket.on('data', (chunk: Buffer) => {
          text += chunk.toString('latin1');
          if (text.includes('data: hello')) resolve();
        });
        socket.write('GET /events HTTP/1.1\r\nHost: bench\r\n\r\n');
      });
      socket.removeAllListeners('close');
      return socket;
    });
    sockets.push(...(await Promise.all(batch)));
  }
  return sockets;
}
