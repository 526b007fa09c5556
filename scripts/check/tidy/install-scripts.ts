// Every package with an install script has been looked at: package.json says yes or no to each by name, and to no other.
import type { Ban } from './ban.ts';

export const installScripts: Ban = (files) => {
  const json = (path: string): unknown => JSON.parse(files.find((file) => file.path === path)?.text ?? '{}');
  const { packages = {} } = json('package-lock.json') as { packages?: Record<string, { hasInstallScript?: boolean }> };
  const { allowScripts = {} } = json('package.json') as { allowScripts?: Record<string, boolean> };
  const scripted = Object.entries(packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([path]) => path.replace(/^.*node_modules\//, ''));
  const unknown = scripted.filter((name) => !(name in allowScripts));
  const gone = Object.keys(allowScripts).filter((name) => !scripted.includes(name));
  return [
    ...unknown.map((name) => ({
      on: 'package.json',
      what: `${name} has an install script: allow or deny it in allowScripts`,
    })),
    ...gone.map((name) => ({ on: 'package.json', what: `allowScripts names ${name}, which has no install script` })),
  ];
};
