import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LastcallError } from '../base/errors.ts';
import { type Layers, resolveSettings } from './resolve.ts';
import { argumentName, environmentName, type Setting } from './setting.ts';

const SETTINGS: readonly Setting[] = [
  { path: 'grace', kind: { type: 'duration' }, fallback: '75s', describe: 'Total time' },
  { path: 'stream.commitEvery', kind: { type: 'integer', min: 1, max: 9 }, fallback: '3', describe: 'Epochs' },
];
const NOTHING: Layers = { arguments: {}, environment: {}, file: [] };

function resolve(layers: Partial<Layers>) {
  return resolveSettings(SETTINGS, { ...NOTHING, ...layers });
}

function refusal(layers: Partial<Layers>): LastcallError {
  try {
    resolve(layers);
  } catch (error) {
    assert(error instanceof LastcallError);
    assert.equal(error.code, 'usage');
    return error;
  }
  return assert.fail('nothing was refused');
}

test('a path has one name as an argument and one in the environment', () => {
  assert.equal(argumentName('stream.commitEvery'), '--commit-every');
  assert.equal(environmentName('stream.commitEvery'), 'LASTCALL_STREAM_COMMIT_EVERY');
});

test('an argument wins over the environment, that over the file, and that over the default', () => {
  const file = [{ path: 'grace', value: '3s', at: 'lastcall.yaml:1' }];
  const environment = { LASTCALL_GRACE: '2s' };
  const all = resolve({ arguments: { grace: '1s' }, environment, file }).get('grace');
  assert.deepEqual(all, { value: 1_000, origin: { from: 'argument', name: '--grace' } });
  assert.deepEqual(resolve({ environment, file }).get('grace'), {
    value: 2_000,
    origin: { from: 'environment', name: 'LASTCALL_GRACE' },
  });
  assert.deepEqual(resolve({ file }).get('grace'), { value: 3_000, origin: { from: 'file', name: 'lastcall.yaml:1' } });
  assert.deepEqual(resolve({}).get('grace'), { value: undefined, origin: { from: 'default' } });
});

test('an empty environment variable counts as not set', () => {
  assert.equal(resolve({ environment: { LASTCALL_GRACE: '' } }).get('grace')?.origin.from, 'default');
});

test('an unknown key of the file is refused with its line and the nearest known key', () => {
  const error = refusal({ file: [{ path: 'stream.comitEvery', value: 1, at: 'lastcall.yaml:7' }] });
  assert.equal(error.on, 'lastcall.yaml:7, stream.comitEvery');
  assert.match(error.todo, /stream\.commitEvery/);
});

test('an unknown LASTCALL_ variable is refused, with the nearest known one', () => {
  assert.match(refusal({ environment: { LASTCALL_GRACD: '1s' } }).todo, /LASTCALL_GRACE\?/);
});

test('what a job is told, and the service links of Kubernetes, are no options', () => {
  const environment = {
    LASTCALL_JOB_ID: 'job_1',
    LASTCALL_GRACE_MS: '1000',
    LASTCALL_PORT_HTTP: '80',
    LASTCALL_SERVICE_HOST: '10.0.0.1',
    LASTCALL_GATEWAY_PORT_80_TCP: 'tcp://10.0.0.1:80',
    OTHER: 'x',
  };
  assert.equal(resolve({ environment }).get('grace')?.value, undefined);
});

test('a value that its kind refuses is named with the place where it was written', () => {
  assert.equal(refusal({ environment: { LASTCALL_GRACE: '30' } }).on, 'LASTCALL_GRACE');
  assert.equal(
    refusal({ file: [{ path: 'stream.commitEvery', value: 10, at: 'c.yaml:2' }] }).on,
    'c.yaml:2, stream.commitEvery',
  );
  assert.equal(refusal({ file: [{ path: 'grace', value: 30, at: 'c.yaml:2' }] }).on, 'c.yaml:2, grace');
});
