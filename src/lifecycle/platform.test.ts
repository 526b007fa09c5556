import assert from 'node:assert/strict';
import { test } from 'node:test';

import { detectPlatform, parseSystemdTime, type Surroundings } from './platform.ts';

function at(environment: Surroundings['environment'], more: Partial<Surroundings> = {}): Surroundings {
  return { environment, pid: 42, exists: () => false, systemdTimeout: () => null, ...more };
}

test('a plain terminal enforces nothing, also under a systemd session', () => {
  assert.deepEqual(detectPlatform(at({ INVOCATION_ID: 'f00' })), { kind: 'none' });
  assert.deepEqual(detectPlatform(at({ SYSTEMD_EXEC_PID: '41', NOTIFY_SOCKET: '/run/x' })), { kind: 'none' });
});

test('Kubernetes does not tell its grace, so the manifest repeats it in variables', () => {
  const pod = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };
  assert.deepEqual(detectPlatform(at(pod)), { kind: 'kubernetes', graceMs: null, preStopMs: 0 });
  assert.deepEqual(detectPlatform(at({ ...pod, LASTCALL_GRACE: '45s', LASTCALL_PRESTOP: '30s' })), {
    kind: 'kubernetes',
    graceMs: 45_000,
    preStopMs: 30_000,
  });
});

test('a service of systemd learns its time-out from systemctl, unless it is told', () => {
  const systemdTimeout = () => '1min 30s\n';
  assert.deepEqual(detectPlatform(at({ NOTIFY_SOCKET: '/run/x' }, { systemdTimeout })), {
    kind: 'systemd',
    graceMs: 90_000,
  });
  const told = { SYSTEMD_EXEC_PID: '42', LASTCALL_GRACE: '20s' };
  const refused = () => assert.fail('what is told needs no question');
  assert.deepEqual(detectPlatform(at(told, { systemdTimeout: refused })), { kind: 'systemd', graceMs: 20_000 });
});

test('containers are known by what their engines leave in them', () => {
  assert.deepEqual(detectPlatform(at({ container: 'podman' })), { kind: 'container', graceMs: null });
  const exists = (path: string) => path === '/.dockerenv';
  assert.deepEqual(detectPlatform(at({ LASTCALL_GRACE: '60s' }, { exists })), { kind: 'container', graceMs: 60_000 });
});

test('a duration without a unit is refused, and named', () => {
  assert.throws(
    () => detectPlatform(at({ KUBERNETES_SERVICE_HOST: 'x', LASTCALL_GRACE: '45' })),
    /LASTCALL_GRACE.*unit/s,
  );
});

test('times of systemd are read as it writes them', () => {
  assert.equal(parseSystemdTime('1min 30s'), 90_000);
  assert.equal(parseSystemdTime('250ms'), 250);
  assert.equal(parseSystemdTime('1d 2h'), 93_600_000);
  for (const none of ['infinity', '', 'soon', null]) assert.equal(parseSystemdTime(none), null);
});
