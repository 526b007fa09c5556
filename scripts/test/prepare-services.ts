// Installs the services of the chosen test files, each once, while other tests run. What fails is told to the tests by
// the environment, so that none of them tries it again.
import { install, ServiceUnavailable } from '../services/install.ts';
import { findService } from '../services/table.ts';

export interface Preparation {
  /** Settles when all of these are installed or have failed. */
  ready(services: readonly string[]): Promise<void> | undefined;
  /** Service → why it could not be installed, though this machine could have it. */
  readonly failures: Readonly<Record<string, string>>;
}

export function prepareServices(names: readonly string[], print: (line: string) => void): Preparation {
  const failures: Record<string, string> = {};
  const installs = new Map(names.map((name): [string, Promise<void>] => [name, installOne(name)]));
  async function installOne(name: string): Promise<void> {
    try {
      await install(findService(name), (text) => print(`service ${name}: ${text}`));
    } catch (error) {
      print(`service ${name}: not available: ${error instanceof Error ? error.message : String(error)}`);
      // What this machine cannot have at all, each test finds out by itself at no cost.
      if (error instanceof ServiceUnavailable && error.possible) failures[name] = error.message;
    }
  }
  return {
    ready(services) {
      if (services.length === 0) return undefined;
      return allOf([...installs].filter(([name]) => services.includes(name)).map(([, done]) => done));
    },
    failures,
  };
}

async function allOf(promises: readonly Promise<void>[]): Promise<void> {
  await Promise.all(promises);
}
