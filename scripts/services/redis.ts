// Redis from Debian: the store that gateways share their rate limits in.
import { connect } from 'node:net';
import { debian } from './sources/debian.ts';
import type { Service } from './types.ts';

export const redis: Service = {
  name: 'redis',
  source: debian({ packages: ['redis-server'] }),
  server: {
    async command({ run, port }) {
      return {
        program: 'redis-server',
        args: ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', run],
      };
    },
    ready: ({ port }) => answersPing(port),
    readyMsMax: 30_000,
  },
};

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.setTimeout(2_000, () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString().startsWith('+PONG'));
    });
  });
}
