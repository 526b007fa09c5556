// The settings of this product, in one table. Features read them from the resolved map; nothing else reads LASTCALL_…
import type { Resolved, Setting } from '../options/index.ts';
import type { Settings } from './command.ts';

const PORT_MAX = 65_535;

export const SETTINGS: readonly Setting[] = [
  {
    path: 'stateDir',
    kind: { type: 'path', placeholder: 'DIR' },
    fallback: '$XDG_STATE_HOME/lastcall, else ~/.local/state/lastcall',
    describe: 'Where reports, control sockets and the state of pipelines live',
  },
  {
    path: 'grace',
    kind: { type: 'duration' },
    fallback: 'what the platform allows, at most 75s',
    describe: 'Total time that an ending may take',
  },
  {
    path: 'announce',
    kind: { type: 'choice', choices: ['auto', 'always', 'never'] },
    fallback: 'auto',
    describe: 'Whether an ending first waits for routers to notice',
  },
  {
    path: 'healthPort',
    kind: { type: 'integer', min: 0, max: PORT_MAX },
    fallback: 'no health server',
    describe: 'Port of /livez, /readyz and /metrics; 0 takes any free one',
  },
  {
    path: 'healthHost',
    kind: { type: 'text', placeholder: 'ADDRESS' },
    fallback: '127.0.0.1, in a container 0.0.0.0',
    describe: 'Address that the health server listens on',
  },
  {
    path: 'reportUrl',
    kind: { type: 'text', placeholder: 'URL' },
    fallback: 'sent nowhere',
    describe: 'Where to POST the shutdown report',
  },
  {
    path: 'server',
    kind: { type: 'text', placeholder: 'URL' },
    fallback: 'http://127.0.0.1:8765',
    describe: 'Where `lastcall serve` answers, for the commands that ask it',
  },
  {
    path: 'keyFile',
    kind: { type: 'path', placeholder: 'FILE' },
    fallback: "the administrator's key of this machine's server, if it can be read",
    describe: 'File with the key for the server',
  },
];

export function settingOf(path: string): Setting {
  const setting = SETTINGS.find((candidate) => candidate.path === path);
  if (!setting) throw new TypeError(`no setting is called ${path}`);
  return setting;
}

/** A typed view of what was resolved. */
export function settingsView(all: ReadonlyMap<string, Resolved>): Settings {
  return {
    all,
    text(path) {
      const value = all.get(path)?.value;
      return typeof value === 'string' ? value : undefined;
    },
    number(path) {
      const value = all.get(path)?.value;
      return typeof value === 'number' ? value : undefined;
    },
  };
}
