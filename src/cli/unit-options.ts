// Settings as options of a unit. What came from the environment is left to the unit, which reads the same variables and
// knows that on a platform LASTCALL_GRACE says what the platform allows, rather than what the unit may take.
import type { UnitOptions } from '../lifecycle/index.ts';
import type { Settings } from './command.ts';

/** The settings that a command which runs a unit takes. */
export const UNIT_SETTINGS = ['stateDir', 'grace', 'announce', 'healthPort', 'healthHost', 'reportUrl'] as const;

/** The part of UnitOptions that is set by argument or file. */
export function unitOptions(settings: Settings): UnitOptions {
  const given = (path: (typeof UNIT_SETTINGS)[number]): boolean =>
    ['argument', 'file'].includes(settings.all.get(path)!.origin.from);
  const options: Record<string, unknown> = {};
  for (const path of UNIT_SETTINGS) if (given(path)) options[path] = settings.all.get(path)!.value;
  // No unit reads this one from the environment.
  const announce = settings.text('announce');
  return {
    ...options,
    ...(announce === undefined ? {} : { announce: announce as NonNullable<UnitOptions['announce']> }),
  };
}
