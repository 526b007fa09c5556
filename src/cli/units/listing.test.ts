// Names, kinds and hook names are chosen by programs, not by whoever looks at them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UnitStatus } from '../../lifecycle/view.ts';
import { renderListing } from './listing.ts';
import { renderStatus } from './status.ts';

const STEERING = 'api\u001b[2J\u009b2K\nforged  service  ready';

const status: UnitStatus = {
  unit: { kind: STEERING, name: STEERING, instance: 'unit_1', pid: 4711, host: 'here' },
  phase: 'stopping',
  ready: false,
  everReady: true,
  stage: 'drain',
  remainingMs: 41_000,
  upMs: 1_000,
  pending: [STEERING],
  work: { of: STEERING, accepted: 0, finished: 0, returned: 0, lost: 0, unknown: 0, inFlight: 0 },
  checkpoint: null,
  details: { note: STEERING },
  parts: [],
};

test('what a unit calls itself can neither steer a terminal nor forge a line of `ps` or `status`', () => {
  const listing = renderListing([{ name: STEERING, life: 'running', status, identity: status.unit }]);
  assert.equal(listing.split('\n').length, 2);
  const shown = renderStatus({ ...status, parts: [status] });
  for (const text of [listing, shown])
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]|^\s*forged/m);
});

test('what a unit does not know is said to be unknown', () => {
  const shown = renderStatus({ ...status, details: { recordsTotal: null, etaMs: null, lag: 3 } });
  assert.match(shown, /records total +unknown\neta +unknown\nlag +3/);
  assert.doesNotMatch(shown, /null/);
});
