// `lastcall leftovers [--kill]`: what earlier units left on this machine.
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  name: 'leftovers',
  summary: 'Find what earlier units left on this machine, and end it',
  details: [
    'Everything that a unit starts carries a cookie in its environment, which says who watches over it. Shown are processes whose watcher is gone, with the ports that they hold; and those whose watcher cannot be seen from here (another container, a scheduler), which are never killed. No server is needed.',
    'Exit code 0 if nothing is left behind, or all of it was killed; 1 otherwise.',
  ],
  arguments: [],
  options: { kill: { kind: { type: 'flag' }, describe: 'Kill what is proven left behind' } },
  settings: [],
  examples: [{ line: 'lastcall leftovers --kill', does: 'Free what a killed job still holds' }],
  async run({ options: { kill }, output }) {
    const { findLeftovers, killLeftovers } = await import('../../supervise/index.ts');
    const { renderLeftovers } = await import('../run/leftovers.ts');
    const found = findLeftovers();
    const gone = found.filter(({ owner }) => owner === 'gone');
    const left = kill ? await killLeftovers(found) : gone;
    const killed = gone.filter((one) => !left.includes(one));
    output.result({ found, killed: killed.map(({ pid }) => pid) }, () => renderLeftovers(found, killed));
    return left.length === 0 ? 0 : 1;
  },
});
