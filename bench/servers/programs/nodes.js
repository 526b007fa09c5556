// The same small application in Node: `node nodes.js NAME PORT`. Each as the README of its library shows it.
import { createServer } from 'node:http';
import { createTerminus } from '@godaddy/terminus';
import express from 'express';
import Fastify from 'fastify';
import { createLightship } from 'lightship';
import { drainHttp, unit } from '../../../src/lifecycle/index.ts';

const [name, given] = process.argv.slice(2);
const port = Number(given);
const slow = () => new Promise((resolve) => setTimeout(resolve, 150, 'ok\n'));

switch (name) {
  case 'fastify': {
    const app = Fastify();
    app.get('/', slow);
    await app.listen({ port, host: '127.0.0.1' });
    break;
  }
  case 'express': {
    await expressServer().listening;
    break;
  }
  case 'express-terminus': {
    const { server, listening } = expressServer();
    createTerminus(server, { signal: 'SIGTERM', healthChecks: { '/readyz': () => Promise.resolve() } });
    await listening;
    break;
  }
  case 'express-lightship': {
    const lightship = await createLightship({ port: Number(process.argv[4]), detectKubernetes: false });
    const { server, listening } = expressServer();
    lightship.registerShutdownHandler(() => {
      server.close();
    });
    await listening;
    lightship.signalReady();
    break;
  }
  case 'lastcall': {
    const server = createServer((_request, response) => void slow().then((text) => response.end(text)));
    const api = unit('drilled', { grace: '20s', stateDir: process.argv[5] ?? '.' });
    api.use(drainHttp(server, { readiness: '/readyz' }));
    server.listen(port, '127.0.0.1');
    await api.ready();
    break;
  }
}

function expressServer() {
  const app = express();
  app.get('/', (_request, response) => void slow().then((text) => response.send(text)));
  const server = createServer(app);
  return { server, listening: new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(null))) };
}
