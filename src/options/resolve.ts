// Resolves settings: argument > environment > file > default (contracts.md, "Options"). Pure: the environment and the
// file's entries come in as values, and each result says where it came from. Unknown names are errors.
import { LastcallError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { argumentName, environmentName, type Setting } from './setting.ts';
import { parseValue } from './value.ts';

export type Origin =
  | { readonly from: 'argument'; readonly name: string }
  | { readonly from: 'environment'; readonly name: string }
  | { readonly from: 'file'; readonly name: string }
  | { readonly from: 'default' };

export interface Resolved {
  /** undefined: nobody set it, and what then happens is the setting's `fallback`. */
  readonly value: boolean | number | string | undefined;
  readonly origin: Origin;
}

/** One leaf of a configuration file. */
export interface FileEntry {
  readonly path: string;
  readonly value: unknown;
  /** `lastcall.yaml:3`. */
  readonly at: string;
}

export interface Layers {
  /** By path; text as typed. */
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file: readonly FileEntry[];
}

/**
 * Names that are no settings: what a manifest tells of the platform, what a job's process is told (contracts.md, "Job
 * environment"), and where the file is.
 */
const OTHER_NAMES = [
  'LASTCALL_PRESTOP',
  'LASTCALL_CONFIG',
  'LASTCALL_JOB_ID',
  'LASTCALL_UNIT',
  'LASTCALL_GRACE_MS',
  'LASTCALL_CHECKPOINT_DIR',
  'LASTCALL_RESUME',
  'LASTCALL_CONTROL',
  // For the command of `run --on-exit`, which may well be one of ours.
  'LASTCALL_EXIT_CODE',
  'LASTCALL_OUTCOME',
  'LASTCALL_REPORT',
];
/** Ports of a job, and the links that Kubernetes sets for services called `lastcall…`. */
const PORTS_AND_LINKS = /^LASTCALL_(.+_)?(PORT|SERVICE)(_.+)?$/;

/** @throws LastcallError `usage` for an unknown name or a value that its kind refuses, naming where it was given */
export function resolveSettings(settings: readonly Setting[], layers: Layers): Map<string, Resolved> {
  refuseUnknown(settings, layers);
  const entries = new Map(layers.file.map((entry) => [entry.path, entry]));
  return new Map(settings.map((setting) => [setting.path, resolveOne(setting, layers, entries.get(setting.path))]));
}

function resolveOne(setting: Setting, layers: Layers, entry: FileEntry | undefined): Resolved {
  const argument = layers.arguments[setting.path];
  if (argument !== undefined) {
    const name = argumentName(setting.path);
    return { value: parseValue(setting.kind, argument, name), origin: { from: 'argument', name } };
  }
  const name = environmentName(setting.path);
  const text = layers.environment[name];
  // An empty variable is how shells and manifests unset one.
  if (text !== undefined && text !== '') {
    return { value: parseValue(setting.kind, text, name), origin: { from: 'environment', name } };
  }
  if (entry !== undefined) {
    const value = parseValue(setting.kind, entry.value, `${entry.at}, ${entry.path}`);
    return { value, origin: { from: 'file', name: entry.at } };
  }
  return { value: undefined, origin: { from: 'default' } };
}

function refuseUnknown(settings: readonly Setting[], layers: Layers): void {
  const paths = new Set(settings.map((setting) => setting.path));
  for (const entry of layers.file) {
    if (!paths.has(entry.path)) throw unknown(`${entry.at}, ${entry.path}`, 'key', nearest(entry.path, paths));
  }
  const variables = new Set([...[...paths].map(environmentName), ...OTHER_NAMES]);
  for (const name of Object.keys(layers.environment)) {
    if (!name.startsWith('LASTCALL_') || variables.has(name) || PORTS_AND_LINKS.test(name)) continue;
    throw unknown(name, 'environment variable', nearest(name, variables));
  }
}

function unknown(on: string, thing: string, close: string | undefined): LastcallError {
  return new LastcallError('usage', {
    what: `this ${thing} is unknown`,
    on,
    todo: `${close === undefined ? 'Remove it.' : `Did you mean ${close}?`} \`lastcall config\` lists what there is.`,
  });
}
