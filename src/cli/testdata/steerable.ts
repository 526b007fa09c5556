// A unit with one part and routes of its own, for tests of the commands that steer units. It takes the state directory
// from LASTCALL_STATE_DIR and says `ready` on stdout.
import { unit } from '../../lifecycle/unit.ts';

const steerable = unit('steerable', { log: false, workOf: 'requests', drainExtension: '1m' });
steerable.work.accept('r-1');
let learning = true;
let version = '1';
let drained = (): void => {};
steerable.part('scorer', { kind: 'model', optional: true });
steerable.onDrain('one request', () => new Promise<void>((resolve) => (drained = resolve)));
steerable.extension({
  status: () => ({ learning, version }),
  checkpoint: () => Promise.resolve({ id: 'ckpt_1', verified: true, stepsBack: 0, position: {} }),
  routes: {
    'POST /models/:name/freeze': () => {
      learning = false;
      return Promise.resolve({ status: 200, body: { learning } });
    },
    'POST /models/:name/thaw': () => {
      learning = true;
      return Promise.resolve({ status: 200, body: { learning } });
    },
    'POST /models/:name/swap': ({ body }) => {
      version = (body as { version: string }).version;
      return Promise.resolve({ status: 200, body: { version } });
    },
    'POST /start': ({ body }) => Promise.resolve({ status: 200, body }),
    'POST /answer': () => {
      steerable.work.finish('r-1');
      drained();
      return Promise.resolve({ status: 200, body: {} });
    },
  },
});
// The process lives as long as the unit does.
const alive = setInterval(() => {}, 60_000);
await steerable.ready();
process.stdout.write('ready\n');
await steerable.ended;
clearInterval(alive);
