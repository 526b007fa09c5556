// Asks a service whether it is ready: an answer below 400 at its path, or a connection at its first port where no path is
// named. Bounded by the core, which gives a service up that is not ready in time.
import { request } from 'node:http';
import { connect } from 'node:net';
import type { Readiness, Run } from './core/types.ts';

const ANSWER_MS_MAX = 5_000;

export interface Probe extends Disposable {
  readonly run: string;
}

/** @param ready called once, with the service's address */
export function probeService(run: Run, readiness: Readiness, host: string, ready: (url: string) => void): Probe {
  const port = Object.values(run.members.find(({ role }) => role === 'main')!.ports)[0];
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async () => {
    if (over || port === undefined) return;
    const answers = readiness.http === null ? await connects(port) : await isGood(port, readiness.http);
    if (over) return;
    if (answers) {
      over = true;
      return ready(`http://${host}:${port}`);
    }
    timer = setTimeout(() => void look(), readiness.everyMs);
    timer.unref();
  };
  void look();
  return {
    run: run.id,
    [Symbol.dispose]() {
      over = true;
      clearTimeout(timer);
    },
  };
}

function isGood(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path, agent: false, timeout: ANSWER_MS_MAX }, (response) => {
      response.resume();
      resolve((response.statusCode ?? 500) < 400);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.on('close', () => resolve(false));
    asked.end();
  });
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: ANSWER_MS_MAX }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('timeout', () => socket.destroy());
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
  });
}
