// `lastcall config`: every setting, its value now, and where that came from.
import { argumentName, environmentName, type Origin } from '../../options/index.ts';
import { defineCommand } from '../command.ts';
import { SETTINGS } from '../settings.ts';
import { table } from '../text.ts';

export const command = defineCommand({
  name: 'config',
  summary: 'Show every setting, its value, and where it came from',
  details: [
    'An argument wins over an environment variable, which wins over lastcall.yaml (found upwards from the working directory, or named by --config or LASTCALL_CONFIG), which wins over the default. Unknown names are errors.',
  ],
  arguments: [],
  options: {},
  settings: SETTINGS.map(({ path }) => path),
  examples: [{ line: 'LASTCALL_GRACE=30s lastcall config', does: 'Which value counts, and why?' }],
  async run({ settings, output }) {
    const rows = SETTINGS.map((setting) => {
      const { value, origin } = settings.all.get(setting.path)!;
      return { setting, value, shown: shown(setting.kind.type, value) ?? `(${setting.fallback})`, origin };
    });
    const json = Object.fromEntries(
      rows.map(({ setting, value, origin }) => [
        setting.path,
        {
          value: value ?? null,
          ...(value === undefined ? { fallback: setting.fallback } : {}),
          origin,
          argument: argumentName(setting.path),
          environment: environmentName(setting.path),
        },
      ]),
    );
    output.result(json, () =>
      table([
        ['SETTING', 'VALUE', 'FROM', 'ENVIRONMENT'],
        ...rows.map(({ setting, shown: text, origin }) => [
          setting.path,
          text,
          originOf(origin),
          environmentName(setting.path),
        ]),
      ]),
    );
    return 0;
  },
});

/** The value as one would write it, or undefined if nobody set it. */
function shown(type: string, value: boolean | number | string | undefined): string | undefined {
  if (value === undefined) return undefined;
  return type === 'duration' ? `${value}ms` : String(value);
}

function originOf(origin: Origin): string {
  return origin.from === 'default' ? 'default' : `${origin.from} ${origin.name}`;
}
