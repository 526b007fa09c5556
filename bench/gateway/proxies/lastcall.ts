// The node plane with accounting on: one instance, counters by status and outcome, and a histogram of times.
import { unit } from '../../../src/lifecycle/index.ts';
import { type Director, type Forward, NodePlane } from '../../../src/gateway/index.ts';

import { target, tell } from './tell.ts';

const BUCKETS_MS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];
const counters = new Map<string, number>();
const buckets = new Uint32Array(BUCKETS_MS.length + 1);
let inFlight = 0;

const watcher: Forward['watcher'] = {
  sent: () => inFlight++,
  answered() {},
  ended({ status, outcome, tookMs }) {
    inFlight--;
    const key = `${status} ${outcome}`;
    counters.set(key, (counters.get(key) ?? 0) + 1);
    let bucket = 0;
    while (bucket < BUCKETS_MS.length && tookMs > BUCKETS_MS[bucket]!) bucket++;
    buckets[bucket]!++;
  },
};
const director: Director = { direct: () => forward };
const plane = new NodePlane({ director });
const forward: Forward = {
  action: 'forward',
  upstream: plane.upstream('one', {
    url: target(),
    http2: false,
    ca: null,
    serverName: null,
    connectionsMax: 16_384,
    connectMsMax: 10_000,
  }),
  watcher,
  target: null,
  requestHeaders: null,
  responseHeaders: null,
  limits: { firstByteMsMax: 30_000, idleMsMax: 0, bodyBytesMax: 0 },
  mirror: null,
};
const gateway = unit('bench-gateway', { control: false, log: false, workOf: 'requests' });
await plane.listen(gateway, { host: '127.0.0.1', port: 0 });
await gateway.ready();
tell(plane.ports[0]!);
