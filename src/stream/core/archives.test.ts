import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { archiveIsDue } from './archive-schedule.ts';
import { expired } from './retention.ts';

const HOUR_MS = 3_600_000;
const aged = (hours: number, verified = true): { id: string; atMs: number; verified: boolean } => ({
  id: `${hours}h`,
  atMs: -hours * HOUR_MS,
  verified,
});

test('the newest few are kept, unless they are too old', () => {
  const archives = [aged(1), aged(2), aged(3), aged(4)];
  assert.deepEqual(expired(archives, { keep: 2, keepForMs: 100 * HOUR_MS }, 0), ['3h', '4h']);
  assert.deepEqual(expired(archives, { keep: 9, keepForMs: 2.5 * HOUR_MS }, 0), ['3h', '4h']);
});

test('the newest verified archive is never removed, however old and however many are newer', () => {
  const archive = fc.record({ id: fc.uuid(), atMs: fc.integer({ min: -1e9, max: 0 }), verified: fc.boolean() });
  fc.assert(
    fc.property(fc.array(archive), fc.nat({ max: 5 }), fc.nat(), (archives, keep, keepForMs) => {
      const sorted = archives.toSorted((a, b) => b.atMs - a.atMs);
      const gone = expired(sorted, { keep: keep + 1, keepForMs }, 0);
      const lastVerified = sorted.find(({ verified }) => verified);
      assert.ok(lastVerified === undefined || !gone.includes(lastVerified.id));
    }),
  );
});

test('an archive is due by time or by records, and never while nothing has changed', () => {
  const schedule = { everyMs: 1_000, everyRecords: 500 };
  assert.equal(archiveIsDue(schedule, { records: 0, ms: 9_999 }), false);
  assert.equal(archiveIsDue(schedule, { records: 1, ms: 999 }), false);
  assert.equal(archiveIsDue(schedule, { records: 1, ms: 1_000 }), true);
  assert.equal(archiveIsDue(schedule, { records: 500, ms: 0 }), true);
});
