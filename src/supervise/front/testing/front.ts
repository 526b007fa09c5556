// A front within a unit of the test's own process, and an application behind it.
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

import { testUnit } from '../../../lifecycle/http/testing/serve.ts';
import type { Unit, UnitOptions } from '../../../lifecycle/types.ts';
import { type Front, type FrontOptions, startFront } from '../front.ts';

export interface Scene {
  readonly unit: Unit;
  readonly front: Front;
  readonly port: number;
  /** Whether the application was told to end. */
  readonly told: { app: boolean };
}

/** A front before `app`, within a unit of this process. */
export async function frontBefore(
  t: TestContext,
  app: string,
  options: Partial<FrontOptions> = {},
  unitOptions: UnitOptions = {},
): Promise<Scene> {
  const unit = testUnit(t, unitOptions);
  const told = { app: false };
  unit.onDrain('application', () => void (told.app = true));
  const front = await startFront(unit, { listen: ['127.0.0.1:0'], app, drainsBefore: ['application'], ...options });
  await unit.ready();
  return { unit, front, port: front.ports[0]!, told };
}

/** An application that answers with `listener`; its port as text. */
export async function appWith(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return String((server.address() as AddressInfo).port);
}
