// A service that ends well because a unit of Lastcall ends it. `node unit-service.ts none PORT HEALTH DIR`.
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { drainHttp, unit } from '../../../lifecycle/index.ts';

const [, port = '0', health = '0', directory = '.'] = process.argv.slice(2);
const WORK_MS = 120;

const server = createServer((request, response) => {
  const id = String(request.headers['x-request-id']);
  setTimeout(() => {
    appendFileSync(join(directory, 'ledger'), `${id}\n`);
    response.end(`{"id":"${id}"}\n`);
  }, WORK_MS);
});

const service = unit('drilled', { grace: '20s', healthPort: Number(health), healthHost: '127.0.0.1', stateDir: join(directory, 'state') });
service.onPersist('state', () => new Promise((resolve) => setTimeout(resolve, 50)));
service.use(drainHttp(server, { readiness: '/readyz' }));
server.listen(Number(port), '127.0.0.1');
await service.ready();
