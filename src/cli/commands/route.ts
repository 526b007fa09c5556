// `lastcall route`: what a gateway serves, and by whom.
import { defineCommand } from '../command.ts';
import { GATEWAY_OPTION } from '../gateway/options.ts';

export const command = defineCommand({
  name: 'route',
  summary: 'Show the routes, versions and instances of a gateway',
  arguments: [],
  options: GATEWAY_OPTION,
  settings: ['stateDir'],
  examples: [{ line: 'lastcall route', does: 'Routes, the share of each version, and the state of each instance' }],
  async run({ options: { gateway }, settings, output }) {
    const { showRoutes } = await import('../gateway/show-routes.ts');
    return showRoutes(gateway, settings, output);
  },
});
