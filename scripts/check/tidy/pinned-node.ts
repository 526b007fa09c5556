// The Node that we develop with is no dependency of what we publish, not even of development: toolchain/ has it alone.
import type { Ban } from './ban.ts';

const KINDS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];

export const pinnedNode: Ban = (files) => {
  const manifest = JSON.parse(files.find(({ path }) => path === 'package.json')?.text ?? '{}') as Record<
    string,
    object
  >;
  return KINDS.flatMap((kind) => Object.keys(manifest[kind] ?? {}))
    .filter((name) => /^node(-|$)/.test(name))
    .map((name) => ({ on: 'package.json', what: `${name} belongs into toolchain/package.json, not here` }));
};
