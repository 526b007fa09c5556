// The bans that `npm run check` enforces beside the linter's. Adding one: a line here and a planted offence in
// tidy.test.ts.
import { type Ban, banLines } from './ban.ts';
import { installScripts } from './install-scripts.ts';
import { pinnedNode } from './pinned-node.ts';

/** Folders that collect what nobody found a place for. */
const DRAWER = /(^|\/)(utils?|helpers?|misc|common|shared)\//;

const drawers: Ban = (files) =>
  files
    .filter(({ path }) => DRAWER.test(path))
    .map(({ path }) => ({ on: path, what: 'a folder is named for its one idea, not utils or helpers' }));

/** In pieces, since this file is looked at as well. */
const UNFINISHED = [
  ['TO', 'DO'],
  ['FIX', 'ME'],
  ['XX', 'X'],
  ['HA', 'CK'],
]
  .map((parts) => parts.join(''))
  .join('|');

export const BANS: readonly Ban[] = [
  drawers,
  banLines(/(?<![\w.~-])\/(work|farm)\/|\/tmp\/(bash_jobs|brief)/, 'a path of one machine means nothing on others'),
  banLines(new RegExp(`\\b(${UNFINISHED})\\b`), 'finish it, or open an issue and say nothing here'),
  installScripts,
  pinnedNode,
];
