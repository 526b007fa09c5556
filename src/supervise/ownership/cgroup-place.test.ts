import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findGroup } from './cgroup-place.ts';

const UNIFIED = '30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate';
const HYBRID = [
  '33 32 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
  '34 32 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
].join('\n');

test('under systemd the own group is found in the unified hierarchy', () => {
  assert.equal(
    findGroup('unified', '0::/system.slice/api.service\n', UNIFIED),
    '/sys/fs/cgroup/system.slice/api.service',
  );
});

test('with both kinds of hierarchies each is found where it is mounted', () => {
  const cgroups = '9:name=systemd:/\n4:memory:/user/7\n0::/\n';
  assert.equal(findGroup('unified', cgroups, HYBRID), '/sys/fs/cgroup/unified');
  assert.equal(findGroup('memory', cgroups, HYBRID), '/sys/fs/cgroup/memory/user/7');
  assert.equal(findGroup('pids', cgroups, HYBRID), null);
});

test('where only a part of the hierarchy is mounted, paths start there, and what is outside is out of reach', () => {
  const part = '30 23 0:26 /docker/ab\\040c /sys/fs/cgroup rw - cgroup2 cgroup2 rw';
  assert.equal(findGroup('unified', '0::/docker/ab c/inner', part), '/sys/fs/cgroup/inner');
  assert.equal(findGroup('unified', '0::/docker/ab c', part), '/sys/fs/cgroup');
  assert.equal(findGroup('unified', '0::/docker/other', part), null);
});

test('without the unified hierarchy there is none', () => {
  assert.equal(findGroup('unified', '4:memory:/\n', UNIFIED), null);
});
