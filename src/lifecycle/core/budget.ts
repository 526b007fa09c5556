// The arithmetic of an ending: how long it may take in all, and what each stage may use of it (lifecycle.md, "Budget").
// Only numbers in and numbers out; `lint` uses the same functions to check manifests.
import type { BudgetSource, ExtensionRule, UnitConfig } from './types.ts';

export const GRACE_DEFAULT_MS = 75_000;
export const ANNOUNCE_CAP_DEFAULT_MS = 5_000;
export const DRAIN_CAP_DEFAULT_MS = 60_000;
export const PERSIST_RESERVE_DEFAULT_MS = 7_000;
export const RELEASE_RESERVE_DEFAULT_MS = 3_000;
export const PERSIST_EXTENSION_DEFAULT_MS = 300_000;
/** One grant reaches at most this far beyond now. */
export const GRANT_MS_MAX = 30_000;
/** Below this, reserves are shares of what remains. */
const SCARCE_MS = 20_000;
const PERSIST_SHARE = 0.35;
const RELEASE_SHARE = 0.15;
const ANNOUNCE_SHARE = 0.2;

/** Where a unit runs and what that place allows it. `graceMs` null: not told, the place's default counts. */
export type Platform =
  | { readonly kind: 'none' }
  | { readonly kind: 'kubernetes'; readonly graceMs: number | null; readonly preStopMs: number }
  | { readonly kind: 'systemd'; readonly graceMs: number | null }
  | { readonly kind: 'container'; readonly graceMs: number | null };

export type PlatformBudget = Pick<UnitConfig, 'platformMs' | 'platformSource' | 'kubernetes' | 'extension'>;

/** Time kept back so that the process is gone before its platform kills it: 1 s, or 2 % if larger; half at most. */
export function marginMs(limitMs: number): number {
  return Math.min(Math.max(1_000, 0.02 * limitMs), limitMs / 2);
}

const KUBERNETES_MARGIN_MS = 2_000;
const PLATFORM_GRACE_MS = { kubernetes: 30_000, systemd: 90_000, container: 10_000 } as const;

/** What is left of the platform's limit for the ending, and whether it can be moved from inside. */
export function platformBudget(platform: Platform): PlatformBudget {
  if (platform.kind === 'none') {
    return { platformMs: null, platformSource: 'default', kubernetes: false, extension: 'free' };
  }
  const limitMs = platform.graceMs ?? PLATFORM_GRACE_MS[platform.kind];
  if (platform.kind === 'kubernetes') {
    // Its clock starts before preStop, and the container is not told: facts/node-and-shutdown, "Kubernetes".
    const margin = Math.min(KUBERNETES_MARGIN_MS, limitMs / 2);
    const platformMs = Math.max(0, limitMs - platform.preStopMs - margin);
    return { platformMs, platformSource: 'kubernetes', kubernetes: true, extension: 'refused' };
  }
  const extension: ExtensionRule = platform.kind === 'systemd' ? 'systemd' : 'refused';
  return { platformMs: limitMs - marginMs(limitMs), platformSource: platform.kind, kubernetes: false, extension };
}

/** total = min(request, else option, else 75 s; platform's rest). */
export function planTotal(config: UnitConfig, requestMs: number | null): { totalMs: number; source: BudgetSource } {
  const wantedMs = requestMs ?? config.graceMs;
  if (config.platformMs !== null && config.platformMs < wantedMs) {
    return { totalMs: config.platformMs, source: config.platformSource };
  }
  return { totalMs: wantedMs, source: requestMs === null ? config.graceSource : 'option' };
}

export interface Reserves {
  readonly persistReserveMs: number;
  readonly releaseReserveMs: number;
}

/** Reserves of the must-run stages, planned from what remains at this moment. */
export function planReserves(config: UnitConfig, remainingMs: number): Reserves {
  const remaining = Math.max(0, remainingMs);
  if (remaining < SCARCE_MS) {
    return { persistReserveMs: PERSIST_SHARE * remaining, releaseReserveMs: RELEASE_SHARE * remaining };
  }
  return { persistReserveMs: config.persistReserveMs, releaseReserveMs: config.releaseReserveMs };
}

/** Cap of announce and intake together. */
export function announceCapMs(config: UnitConfig, totalMs: number): number {
  return Math.min(config.announceCapMs, ANNOUNCE_SHARE * totalMs);
}

/**
 * What must remain beyond a stage's new limit, so that after planning again the stage still has `stageMs` from now:
 * the solution of remaining = stageMs + reserves(remaining) for the reserves that come after the stage.
 */
export function reserveBeyondMs(config: UnitConfig, stage: 'drain' | 'persist', stageMs: number): number {
  const share = stage === 'drain' ? PERSIST_SHARE + RELEASE_SHARE : RELEASE_SHARE;
  const fixed = stage === 'drain' ? config.persistReserveMs + config.releaseReserveMs : config.releaseReserveMs;
  return stageMs + fixed >= SCARCE_MS ? fixed : (stageMs * share) / (1 - share);
}
