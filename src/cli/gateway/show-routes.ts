// What a gateway serves, as tables.
import type { Settings } from '../command.ts';
import type { Output } from '../output.ts';
import { oneLine, table } from '../text.ts';
import { withGateway } from './options.ts';

interface Shown {
  readonly routes: readonly {
    readonly name: string;
    readonly hosts: readonly string[];
    readonly path: string;
    readonly exact: boolean;
    readonly methods: readonly string[];
    readonly model: string;
    readonly version: string | null;
  }[];
  readonly models: readonly {
    readonly name: string;
    readonly versions: readonly { readonly version: string; readonly weight: number; readonly state: string }[];
  }[];
  readonly instances: readonly InstanceShown[];
}

export interface InstanceShown {
  readonly id: string;
  readonly model: string;
  readonly version: string;
  readonly state: string;
  readonly inFlight: number;
  readonly streams: number;
  readonly waiting: number;
  readonly source: string;
  readonly drain: { readonly cause: string } | null;
}

export async function showRoutes(gateway: string | undefined, settings: Settings, output: Output): Promise<number> {
  const shown = await withGateway(gateway, settings, async (client) => {
    const answers = await Promise.all(
      ['routes', 'models', 'instances'].map((what) => client.send('GET', `/v1/${what}`)),
    );
    return Object.assign({}, ...(answers as object[])) as Shown;
  });
  output.result(shown, () => [routesOf(shown), versionsOf(shown), instancesOf(shown)].join('\n\n'));
  return 0;
}

function routesOf({ routes }: Shown): string {
  const rows = routes.map(({ name, hosts, path, exact, methods, model, version }) => [
    name,
    hosts.join(', ') || 'any host',
    exact ? path : `${path.replace(/\/$/, '')}/…`,
    methods.join(', ') || 'any',
    version === null ? model : `${model}/${version}`,
  ]);
  return table([['ROUTE', 'HOST', 'PATH', 'METHOD', 'MODEL'], ...rows].map((row) => row.map(oneLine)));
}

function versionsOf({ models }: Shown): string {
  const rows = models.flatMap(({ name, versions }) =>
    versions.map(({ version, weight, state }) => [`${name}/${version}`, `${Number(weight.toFixed(2))} %`, state]),
  );
  return table([['VERSION', 'SHARE', 'STATE'], ...rows]);
}

function instancesOf({ instances }: Shown): string {
  const rows = instances.map(({ id, state, inFlight, streams, source, drain }) => [
    id,
    drain === null ? state : `${state} (${drain.cause})`,
    String(inFlight),
    String(streams),
    source,
  ]);
  return table([['INSTANCE', 'STATE', 'IN FLIGHT', 'STREAMS', 'FROM'], ...rows].map((row) => row.map(oneLine)));
}
