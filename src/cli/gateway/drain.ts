// A drain, asked for and watched until it is over.
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../base/clock.ts';
import { formatMs } from '../../base/duration.ts';
import { LastcallError } from '../../base/errors.ts';
import type { ControlClient } from '../../lifecycle/control/client.ts';
import type { Settings } from '../command.ts';
import type { Output } from '../output.ts';
import { progressLine } from '../progress.ts';
import { part, withGateway } from './options.ts';
import type { InstanceShown } from './show-routes.ts';

export interface DrainOptions {
  readonly deadline: number | undefined;
  readonly streams: number | undefined;
  readonly sessions: number | undefined;
  readonly version: boolean;
  readonly back: boolean;
  readonly gateway: string | undefined;
}

const LOOK_MS = 100;
const EXIT_CUT = 100;

export function drain(subject: string, options: DrainOptions, settings: Settings, output: Output): Promise<number> {
  const { deadline, streams, sessions, version, back, gateway } = options;
  const budget = {
    ...(deadline === undefined ? {} : { deadlineMs: deadline }),
    ...(streams === undefined ? {} : { streamsMs: streams }),
    ...(sessions === undefined ? {} : { sessionsMs: sessions }),
  };
  return withGateway(gateway, settings, async (client) => {
    if (back) {
      const answer = await client.send('POST', `${routeOf(subject, version)}/return`);
      output.result(answer, () => `${subject} is back`);
      return 0;
    }
    const cutBefore = await cutSoFar(client);
    const answer = await client.send('POST', `${routeOf(subject, version)}/drain`, budget);
    const members = version ? subject : (answer as InstanceShown).id;
    const tookMs = await watch(client, members, version, output);
    const cut = (await cutSoFar(client)) - cutBefore;
    output.result({ drained: members, tookMs, cut }, () => {
      const told = cut === 0 ? 'nothing was cut' : `${cut} that did not end in time were cut`;
      return `${members} is gone after ${formatMs(tookMs)}; ${told}`;
    });
    return cut === 0 ? 0 : EXIT_CUT;
  });
}

function routeOf(subject: string, isVersion: boolean): string {
  if (!isVersion) return `/v1/instances/${part(subject)}`;
  const [model, name, more] = subject.split('/');
  if (!model || !name || more !== undefined) {
    throw new LastcallError('usage', { what: 'this is no version', on: subject, todo: 'Write MODEL/VERSION.' });
  }
  return `/v1/models/${part(model)}/versions/${part(name)}`;
}

async function cutSoFar(client: ControlClient): Promise<number> {
  return ((await client.send('GET', '/v1/totals')) as { cut: number }).cut;
}

/** @returns how long it took, milliseconds */
async function watch(client: ControlClient, subject: string, isVersion: boolean, output: Output): Promise<number> {
  const startedMs = systemClock.monotonicMs();
  const progress = progressLine(output, () => systemClock.monotonicMs());
  for (;;) {
    const { instances } = (await client.send('GET', '/v1/instances')) as { instances: readonly InstanceShown[] };
    const members = instances.filter(({ id, state, model, version }) => {
      return state !== 'gone' && (isVersion ? `${model}/${version}` : id) === subject;
    });
    const takenMs = systemClock.monotonicMs() - startedMs;
    if (members.length === 0) {
      progress.end();
      return takenMs;
    }
    const sum = (of: (instance: InstanceShown) => number) => members.reduce((total, member) => total + of(member), 0);
    const streams = sum((member) => member.streams);
    progress.show(
      `${subject}: ${sum((member) => member.inFlight) - streams} requests, ${streams} streams in flight, ${formatMs(takenMs)}`,
    );
    await pause(LOOK_MS);
  }
}
