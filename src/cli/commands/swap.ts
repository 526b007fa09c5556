// `lastcall swap UNIT MODEL FILE`: replaces a model while it works.
import { resolve } from 'node:path';
import { defineCommand } from '../command.ts';
import { MODEL, UNIT } from '../units/unit-argument.ts';

export const command = defineCommand({
  name: 'swap',
  summary: 'Replace a model of a running unit by the one in a file',
  details: [
    'The new model is loaded and verified beside the old one, and takes over between two commits; every output says which version made it. A file that fails leaves the old model at work. Swap back with the same command.',
  ],
  arguments: [
    UNIT,
    MODEL,
    { name: 'file', describe: 'The new model', kind: { type: 'path', placeholder: 'FILE' }, presence: 'required' },
  ],
  options: {
    version: {
      kind: { type: 'text', placeholder: 'NAME' },
      describe: 'What outputs of the new model are stamped with',
      fallback: 'the SHA-256 of the file',
    },
  },
  settings: ['stateDir'],
  examples: [
    { line: 'lastcall swap flights delay models/delay-2.onnx', does: 'Roll out a new model without a restart' },
  ],
  async run({ arguments: { unit, model, file }, options: { version }, settings, output }) {
    const { withUnit } = await import('../units/connect.ts');
    // The unit has a working directory of its own.
    const path = resolve(file);
    const body = { path, version: version ?? (await hashOf(path)) };
    const route = `/models/${encodeURIComponent(model)}/swap`;
    const answer = await withUnit(unit, settings, (client) => client.send('POST', route, body));
    output.result(answer, () => `${model} of ${unit} is now ${body.version}.`);
    return 0;
  },
});

async function hashOf(path: string): Promise<string> {
  const { createHash } = await import('node:crypto');
  const { createReadStream } = await import('node:fs');
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
