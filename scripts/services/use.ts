// What tests call. A service that this machine cannot have skips the test, loudly; with CI=true a service that it could
// have and that failed to install fails the test instead, so that a red network never looks like a green run.
import type { TestContext } from 'node:test';
import { findService, type ServiceName } from './table.ts';
import { type Installation, install, SERVICES_FOLDER, ServiceUnavailable } from './install.ts';
import { type Running, start } from './start.ts';
import type { Service } from './types.ts';

/** Set by the test runner, which has tried already: service name → why it could not be installed. */
export const FAILED_SERVICES = 'FAILED_SERVICES';

export interface UsedService extends Installation {
  /** Starts its server on a free loopback port; it is stopped after the test. */
  start(): Promise<Running>;
}

/** The service, installed; or undefined, and then the test is marked as skipped and should return. */
export async function useService(name: ServiceName, t: TestContext): Promise<UsedService | undefined> {
  return await useIn(SERVICES_FOLDER, findService(name), t, process.env);
}

/** The same for any service, folder and environment. */
export async function useIn(
  root: string,
  service: Service,
  t: Pick<TestContext, 'skip' | 'after'>,
  env: NodeJS.ProcessEnv,
): Promise<UsedService | undefined> {
  let installation: Installation;
  try {
    const failures = JSON.parse(env[FAILED_SERVICES] ?? '{}') as Record<string, string>;
    const failure = failures[service.name];
    if (failure !== undefined) throw new ServiceUnavailable(failure, true);
    installation = await install(service, (text) => process.stderr.write(`${service.name}: ${text}\n`), root);
  } catch (error) {
    if (!(error instanceof ServiceUnavailable) || (error.possible && env['CI'] === 'true')) throw error;
    t.skip(`no ${service.name}: ${error.message}`);
    return undefined;
  }
  return {
    ...installation,
    async start() {
      if (!service.server) throw new Error(`${service.name} has no server`);
      const running = await start(service.name, installation, service.server);
      t.after(() => running.stop());
      return running;
    },
  };
}
