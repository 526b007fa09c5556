// Runs through an ending once, on paper, while a unit becomes ready: so the code that a signal will need has been compiled
// and what it uses has been loaded, and a process with nothing in flight is gone some milliseconds sooner.
import type { Clock } from '../../base/clock.ts';
import type { UnitConfig } from '../core/types.ts';
import { drainHttp, type HttpServer } from '../http/index.ts';
import type { Report, UnitIdentity } from '../report.ts';
import { UnitNode } from './node.ts';
import type { Place } from './place.ts';

let rehearsed = false;

/** Touches nothing of the unit. Once per process. Never rejects. */
export async function rehearse(identity: UnitIdentity, config: UnitConfig, clock: Clock): Promise<void> {
  if (rehearsed) return;
  rehearsed = true;
  // In Kubernetes announce would wait.
  const quick: UnitConfig = { ...config, kubernetes: false, announce: 'never' };
  const unit = new UnitNode({ identity, workOf: '', config: quick, clock, place: new Paper() });
  unit.use(drainHttp(PAPER_SERVER)).onPersist('rehearsal', async () => {});
  await unit.ready();
  unit.dispatch({ type: 'signal', name: 'SIGTERM' });
  await unit.reported;
}

/** Never listens. A real one would load node:http in programs that have no use for it. */
const PAPER_SERVER = {
  listening: false,
  emit: () => true,
  close: () => {},
  listeners: () => [],
} as unknown as HttpServer;

/** Around this unit there is nothing. */
class Paper implements Place {
  readonly log = () => {};
  readonly left = Promise.resolve();
  readonly control = Promise.resolve(null);
  #unit: UnitNode | undefined;

  enter(unit: UnitNode): void {
    this.#unit = unit;
  }
  async prepare(): Promise<void> {}
  becameReady(): void {}
  stopping(): void {}
  deadlineMoved(): void {}
  endBy(): void {}
  allowExtension(): number {
    return 0;
  }
  tellPlatform(): void {}
  relay(): void {}
  writeReport(report: Report): void {
    JSON.stringify(report);
  }
  exit(): void {}
  kill(): void {}
  changed(): void {}
  beforeHook(): void {
    structuredClone(this.#unit?.snapshot());
  }
}
