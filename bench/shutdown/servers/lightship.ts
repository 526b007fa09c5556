// The same server with lightship, set up as its own page says.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLightship } from 'lightship';
import { answer, tell } from './application.ts';

const lightship = await createLightship({
  port: 0,
  detectKubernetes: false,
  shutdownDelay: 0,
  gracefulShutdownTimeout: 10_000,
});
const server = createServer((request, response) => {
  if (request.url === '/readyz') {
    response.statusCode = lightship.isServerReady() ? 200 : 503;
    response.end();
  } else answer(request, response);
});
lightship.registerShutdownHandler(() => new Promise<void>((resolve) => server.close(() => resolve())));
server.listen(0, '127.0.0.1', () => {
  lightship.signalReady();
  tell((server.address() as AddressInfo).port);
});
