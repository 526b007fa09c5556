// `lastcall gateway FILE`: runs a gateway until somebody ends it.
import { defineCommand } from '../command.ts';
import { UNIT_SETTINGS } from '../unit-options.ts';

export const command = defineCommand({
  name: 'gateway',
  summary: 'Carry traffic to models; move it without dropping a request',
  details: [
    'FILE is the configuration of the gateway, or a lastcall.yaml with a section `gateway`. SIGHUP reads it again: a file with a mistake changes nothing, and the log says its line. The first Ctrl+C or SIGTERM refuses what is new and ends what is in flight; the second gives up waiting.',
  ],
  arguments: [
    {
      name: 'file',
      describe: 'Configuration (docs/gateway.md)',
      kind: { type: 'path', placeholder: 'FILE' },
      presence: 'required',
    },
  ],
  options: {
    check: { kind: { type: 'flag' }, describe: 'Only check the configuration, and say what is wrong with it' },
  },
  settings: UNIT_SETTINGS,
  examples: [
    { line: 'lastcall gateway gateway.yaml', does: 'Serve what the file says' },
    { line: 'lastcall gateway gateway.yaml --check', does: 'Is it fine? Nothing is started' },
  ],
  async run({ arguments: { file }, options: { check }, settings, output }) {
    const { checkGatewayFile, runGateway } = await import('../gateway/run-gateway.ts');
    return check ? checkGatewayFile(file, output) : runGateway(file, settings, output);
  },
});
