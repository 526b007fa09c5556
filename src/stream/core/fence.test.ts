import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeFence } from './fence.ts';
import type { FenceRow, FenceWitness } from './fence.ts';

const owned: FenceRow = { instance: 'unit_a', holdsLock: true, released: false, leaseUntilMs: 1_000 };
const during = { nowMs: 500 };
const after = { nowMs: 1_001 };

const cases: [string, FenceRow | null, FenceWitness, 'take' | 'refuse'][] = [
  ['a state that never had an owner is free', null, { lock: 'ours', ownerFate: 'gone', ...during }, 'take'],
  ['one whose first owner is just starting is not', null, { lock: 'taken', ownerFate: 'gone', ...during }, 'refuse'],
  ['a released state is free', { ...owned, released: true }, { lock: 'ours', ownerFate: 'alive', ...during }, 'take'],
  [
    'the lock of an owner that held it proves it gone',
    owned,
    { lock: 'ours', ownerFate: 'unknown', ...during },
    'take',
  ],
  ['an owner with lock and lease stays', owned, { lock: 'taken', ownerFate: 'alive', ...during }, 'refuse'],
  [
    'an owner that hangs beyond its lease is passed over',
    owned,
    { lock: 'taken', ownerFate: 'alive', ...after },
    'take',
  ],
  [
    'an owner without the lock is respected while it lives',
    { ...owned, holdsLock: false },
    { lock: 'ours', ownerFate: 'alive', ...during },
    'refuse',
  ],
  [
    'and passed over at once when it is gone',
    { ...owned, holdsLock: false },
    { lock: 'ours', ownerFate: 'gone', ...during },
    'take',
  ],
  [
    'what is not known is not assumed',
    { ...owned, holdsLock: false },
    { lock: 'ours', ownerFate: 'unknown', ...during },
    'refuse',
  ],
];

for (const [name, row, witness, verdict] of cases) {
  test(name, () => assert.equal(judgeFence(row, witness), verdict));
}
