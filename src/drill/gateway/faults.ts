// What happens in a trial while the clients are at work, and how everything is made good again afterwards.
import type { Random } from '../../base/random.ts';
import { pick } from '../sim/lifecycle/draw.ts';
import { killMember, startMember, type DrilledGateway, type Member } from './processes.ts';

export interface Fault {
  readonly name: string;
  /** Whether requests that are not repeatable, and streams, may end with an error that says so. */
  readonly breaks: 'nothing' | 'streams' | 'unrepeatable';
  run(gateway: DrilledGateway, random: Random): Promise<void>;
  undo(gateway: DrilledGateway): Promise<void>;
}

function member(gateway: DrilledGateway, random: Random): Member {
  return pick(random, gateway.members);
}

async function bringBack({ control, members }: DrilledGateway): Promise<void> {
  for (const { name } of members) await control.send('POST', `/v1/instances/${name}/return`);
}

const NOTHING = async (): Promise<void> => {};

export const FAULTS: readonly Fault[] = [
  {
    name: 'drain of an instance',
    breaks: 'streams',
    run: async (gateway, random) => {
      await gateway.control.send('POST', `/v1/instances/${member(gateway, random).name}/drain`);
    },
    undo: bringBack,
  },
  {
    name: 'drain of a version',
    breaks: 'streams',
    run: async ({ control }, random) => {
      await control.send('POST', `/v1/models/churn/versions/${pick(random, ['v1', 'v2'])}/drain`);
    },
    undo: async ({ control }) => {
      for (const version of ['v1', 'v2']) await control.send('POST', `/v1/models/churn/versions/${version}/return`);
    },
  },
  {
    name: 'kill -9 of an instance',
    breaks: 'unrepeatable',
    run: async (gateway, random) => killMember(member(gateway, random)),
    undo: async ({ members }) => {
      for (const killed of members) if (killed.child === null) await startMember(killed);
    },
  },
  {
    name: 'roll-out and undo',
    breaks: 'nothing',
    run: async ({ control }, random) => {
      const to = pick(random, ['v1', 'v2']);
      await control.send('POST', '/v1/rollouts', {
        model: 'churn',
        to,
        steps: [60, 80, 100],
        everyMs: random.below(30),
      });
    },
    undo: async ({ control }) => void (await control.send('POST', '/v1/rollouts/churn/undo')),
  },
  {
    name: 'configuration read again',
    breaks: 'nothing',
    run: async ({ control }) => void (await control.send('POST', '/v1/reload')),
    undo: NOTHING,
  },
];
