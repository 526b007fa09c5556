// Nomad jobs → tasks, from HCL, from HCL written as JSON, and from the JSON of the API.
import { imageFacts } from '../known/images.ts';
import type { Variable } from '../subjects/program.ts';
import type { NomadTask } from '../subjects/tasks.ts';
import { LABELS } from '../tree/hcl.ts';
import { type Entry, Tree } from '../tree/tree.ts';
import { containerLaunch } from './container-launch.ts';
import { goDurationMs } from '../source/durations.ts';
import type { Reading } from './reading.ts';

export const NOMAD_KILL_TIMEOUT_MS = 5_000;

export function isNomad(root: Tree): boolean {
  const job = root.get('job');
  if (job.exists) return blocks(job).some(({ tree }) => tree.get('group').exists || tree.get('task').exists);
  return apiJob(root).get('TaskGroups').kind === 'list';
}

function apiJob(root: Tree): Tree {
  return root.get('Job').kind === 'map' ? root.get('Job') : root;
}

export function readNomad(root: Tree, reading: Reading): NomadTask[] {
  const api = apiJob(root);
  if (api.get('TaskGroups').kind === 'list') {
    return api
      .get('TaskGroups')
      .items()
      .flatMap((group) =>
        group
          .get('Tasks')
          .items()
          .map((tree) => taskOf({ job: api, group, tree, name: tree.get('Name'), spelling: 'api', reading })),
      );
  }
  return blocks(root.get('job')).flatMap(({ tree: job }) => {
    const groups = blocks(job.get('group')).map(({ tree }) => tree);
    const inGroups = groups.flatMap((group) => blocks(group.get('task')).map((it) => ({ group, ...it })));
    const direct = blocks(job.get('task')).map((it) => ({ group: job, ...it }));
    return [...inGroups, ...direct].map(({ group, tree, label }) =>
      taskOf({ job, group, tree, name: label, spelling: 'hcl', reading }),
    );
  });
}

interface Block {
  readonly label: Tree;
  readonly tree: Tree;
}

/** Blocks of HCL, and what JSON writes for them: a map by label, or a list of such maps. */
export function blocks(tree: Tree): Block[] {
  if (tree.kind === 'list') {
    return tree.items().flatMap((item) => {
      const labels = item.get(LABELS).items();
      return labels.length > 0 || item.get(LABELS).exists ? [{ label: labels[0]!, tree: item }] : blocks(item);
    });
  }
  return tree
    .entries()
    .filter(({ value }) => value.kind === 'map' || value.kind === 'list')
    .flatMap((entry: Entry) => {
      const label = Tree.scalar(entry.keySpan, entry.key);
      return entry.value
        .each()
        .filter((it) => it.kind === 'map')
        .map((value) => ({ label, tree: value }));
    });
}

/** The only, or first, block of a kind: `config { … }` in HCL, `"config": [{ … }]` or a plain map in JSON. */
export function block(tree: Tree, name: string): Tree {
  const found = tree.get(name);
  return found.kind === 'list' ? (found.items()[0] ?? found) : found;
}

interface TaskParts {
  readonly job: Tree;
  readonly group: Tree;
  readonly tree: Tree;
  readonly name: Tree;
  readonly spelling: NomadTask['spelling'];
  readonly reading: Reading;
}

function taskOf({ job, group, tree, name, spelling, reading }: TaskParts): NomadTask {
  const api = spelling === 'api';
  const config = block(tree, api ? 'Config' : 'config');
  const driver = tree.get(api ? 'Driver' : 'driver').text();
  const isContainer = driver === 'docker' || driver === 'podman' || driver === 'containerd-driver';
  const image = isContainer ? config.get('image').text() : undefined;
  const span = name.exists ? name.span : tree.span;
  const kill = tree.get(api ? 'KillTimeout' : 'kill_timeout');
  const signal = tree.get(api ? 'KillSignal' : 'kill_signal');
  // In a container `command` takes the place of CMD; elsewhere it is the program.
  const start = containerLaunch({
    command: isContainer ? config.get('entrypoint') : config.get('command'),
    args: isContainer ? joined(config.get('command'), config.get('args')) : config.get('args'),
    image: image === undefined ? undefined : reading.imageNamed(image),
    entrypoint: imageFacts(image).entrypoint,
    form: 'exec',
    reading,
    fallback: span,
  });
  const init = config.get('init');
  return {
    job,
    group,
    tree,
    name: name.raw ?? '',
    driver,
    jobType: job.get(api ? 'Type' : 'type').raw ?? 'service',
    partial: reading.partial,
    spelling,
    program: {
      platform: 'nomad',
      label: `task ${name.raw ?? ''}`,
      span,
      launch: start.launch,
      launchSpan: start.span,
      image,
      base: image,
      facts: imageFacts(image),
      environment: environmentOf(block(tree, api ? 'Env' : 'env')),
      grace: { ms: killMs(kill, api), span: kill.exists ? kill.span : undefined, setting: 'kill_timeout' },
      preStopMs: goDurationMs(group.get('shutdown_delay').text()) ?? 0,
      signal: signal.text() ? { value: signal.text()!, span: signal.span } : undefined,
      isFirstProcess: isContainer && start.isCertain,
      hasInit: isContainer ? (init.exists ? (init.boolean() ?? null) : start.isCertain ? false : null) : true,
      role: ['batch', 'sysbatch'].includes(job.get(api ? 'Type' : 'type').raw ?? '') ? 'job' : 'server',
      partial: reading.partial,
      handlesSigterm: reading.handlesSigterm,
      longestRequestMs: reading.longestRequestMs(tree.span.start),
      code: start.code,
      codeSpan: start.codeSpan,
    },
  };
}

function joined(command: Tree, args: Tree): Tree {
  if (!command.exists) return args;
  return Tree.list(command.span, [command, ...args.items()]);
}

/** The API counts in nanoseconds. */
function killMs(tree: Tree, api: boolean): number | null {
  if (!tree.exists) return NOMAD_KILL_TIMEOUT_MS;
  const number = tree.number();
  if (api && number !== undefined) return number === 0 ? NOMAD_KILL_TIMEOUT_MS : number / 1e6;
  return goDurationMs(tree.text()) ?? null;
}

function environmentOf(tree: Tree): ReadonlyMap<string, Variable> {
  return new Map(tree.entries().map(({ key, value }) => [key, { value: value.text(), span: value.span }]));
}
