// Resolves what the user gave, the environment and the platform into one type without optionals (contracts.md,
// "Options": argument > environment > default).
import { durationMs } from '../../base/duration.ts';
import { LastcallError } from '../../base/errors.ts';
import { checkOptions, type OptionNames } from '../../base/given.ts';
import {
  ANNOUNCE_CAP_DEFAULT_MS,
  DRAIN_CAP_DEFAULT_MS,
  GRACE_DEFAULT_MS,
  PERSIST_EXTENSION_DEFAULT_MS,
  PERSIST_RESERVE_DEFAULT_MS,
  platformBudget,
  type Platform,
  RELEASE_RESERVE_DEFAULT_MS,
} from '../core/budget.ts';
import type { UnitConfig } from '../core/types.ts';
import type { PartOptions, UnitOptions } from '../types.ts';

/** Variables, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface RootSettings {
  readonly config: UnitConfig;
  readonly kind: string;
  readonly workOf: string;
  /** null: the default places are tried. */
  readonly stateDir: string | null;
  /** null: no health server. */
  readonly healthPort: number | null;
  readonly healthHost: string;
  readonly control: boolean;
  readonly reportUrl: string | null;
  readonly ownsProcess: boolean;
  /** null: SIGHUP ends the unit. */
  readonly reload: (() => void) | null;
  readonly sink: UnitOptions['log'];
}

const UNIT_OPTIONS: OptionNames<UnitOptions> = {
  kind: true,
  grace: true,
  announce: true,
  announceCap: true,
  drainCap: true,
  persistExtension: true,
  drainExtension: true,
  workOf: true,
  unfinishedWork: true,
  stateDir: true,
  healthPort: true,
  healthHost: true,
  control: true,
  reportUrl: true,
  ownsProcess: true,
  reload: true,
  log: true,
};
const PART_OPTIONS: OptionNames<PartOptions> = {
  kind: true,
  workOf: true,
  unfinishedWork: true,
  drainCap: true,
  optional: true,
  dependsOn: true,
};

const LOOPBACK = '127.0.0.1';
const EVERYWHERE = '0.0.0.0';

/** @throws LastcallError `usage` for an option that is not known or a value that cannot be used, naming where it was given */
export function resolveOptions(options: UnitOptions, environment: Environment, platform: Platform): RootSettings {
  checkOptions('unit', options, UNIT_OPTIONS);
  const inContainer = platform.kind === 'kubernetes' || platform.kind === 'container';
  return {
    config: resolveConfig(options, environment, platform),
    kind: options.kind ?? 'service',
    workOf: options.workOf ?? 'items',
    stateDir: options.stateDir ?? (environment['LASTCALL_STATE_DIR'] || null),
    healthPort: resolvePort(options.healthPort, environment['LASTCALL_HEALTH_PORT']),
    healthHost: options.healthHost ?? (environment['LASTCALL_HEALTH_HOST'] || (inContainer ? EVERYWHERE : LOOPBACK)),
    control: options.control ?? true,
    reportUrl: resolveUrl(options.reportUrl ?? (environment['LASTCALL_REPORT_URL'] || null)),
    ownsProcess: options.ownsProcess ?? true,
    reload: options.reload ?? null,
    sink: options.log,
  };
}

function resolveConfig(options: UnitOptions, environment: Environment, platform: Platform): UnitConfig {
  // On a platform LASTCALL_GRACE says what the platform allows (platform.ts), elsewhere what the unit may take.
  const told = platform.kind === 'none' ? environment['LASTCALL_GRACE'] || undefined : undefined;
  const grace = options.grace ?? told;
  return {
    graceMs:
      grace === undefined
        ? GRACE_DEFAULT_MS
        : durationMs(grace, options.grace === undefined ? 'LASTCALL_GRACE' : 'grace'),
    graceSource: grace === undefined ? 'default' : 'option',
    ...platformBudget(platform),
    announce: options.announce ?? 'auto',
    announceCapMs: durationMs(options.announceCap ?? ANNOUNCE_CAP_DEFAULT_MS, 'announceCap'),
    drainCapMs: durationMs(options.drainCap ?? DRAIN_CAP_DEFAULT_MS, 'drainCap'),
    persistReserveMs: PERSIST_RESERVE_DEFAULT_MS,
    releaseReserveMs: RELEASE_RESERVE_DEFAULT_MS,
    extensionMaxMs: {
      announce: 0,
      intake: 0,
      drain: durationMs(options.drainExtension ?? 0, 'drainExtension'),
      persist: durationMs(options.persistExtension ?? PERSIST_EXTENSION_DEFAULT_MS, 'persistExtension'),
      release: 0,
    },
    unfinishedWork: options.unfinishedWork ?? 'lost',
  };
}

/**
 * A part lives by its parent's budget, and is announced by nobody but its parent.
 * @throws LastcallError `usage` as `resolveOptions` does
 */
export function partConfig(parent: UnitConfig, options: PartOptions): UnitConfig {
  checkOptions('part', options, PART_OPTIONS);
  const drainCapMs = options.drainCap === undefined ? parent.drainCapMs : durationMs(options.drainCap, 'drainCap');
  return { ...parent, announce: 'never', drainCapMs, unfinishedWork: options.unfinishedWork ?? parent.unfinishedWork };
}

function resolvePort(option: number | undefined, variable: string | undefined): number | null {
  const port = option ?? (variable ? Number(variable) : null);
  if (port === null || (Number.isInteger(port) && port >= 0 && port <= 65_535)) return port;
  throw new LastcallError('usage', {
    what: `${JSON.stringify(option ?? variable)} is not a port`,
    on: option === undefined ? 'LASTCALL_HEALTH_PORT' : 'healthPort',
    todo: 'Give a number from 0 (any free port) to 65535.',
  });
}

function resolveUrl(url: string | null): string | null {
  if (url === null || (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol))) return url;
  throw new LastcallError('usage', {
    what: `${JSON.stringify(url)} is not an http(s) address`,
    on: 'reportUrl',
    todo: 'Give an address such as https://ops.example.com/v1/reports.',
  });
}
