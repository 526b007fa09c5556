// A control socket for a test, with a client of it.
import type { TestContext } from 'node:test';

import { temporaryDirectory } from '../../../base/files/testing/temporary-directory.ts';
import { scriptedUnit, type ScriptedUnit } from '../../testing/scripted-unit.ts';
import { controlClient, type ControlClient } from '../client.ts';
import { startControlServer } from '../server.ts';

export interface Served extends ControlClient {
  readonly stateDir: string;
  close(): Promise<void>;
}

export async function serveControl(
  t: TestContext,
  unit: ScriptedUnit = scriptedUnit(),
  stateDir = temporaryDirectory(t),
): Promise<Served> {
  const { view, commands } = unit;
  const server = await startControlServer({ stateDir, name: 'api', view, commands });
  t.after(() => server.close());
  return { ...controlClient(server.path), stateDir, close: () => server.close() };
}
