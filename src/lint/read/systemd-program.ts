// A systemd service as a program: what ExecStart runs, and how systemd ends it.
import { imageFacts } from '../known/images.ts';
import type { Program, Variable } from '../subjects/program.ts';
import type { Unit } from '../subjects/unit.ts';
import { systemdMs } from '../source/durations.ts';
import { readLaunch } from './launch.ts';
import type { Reading } from './reading.ts';
import { splitWords } from './shell.ts';

export const SYSTEMD_STOP_MS = 90_000;

export function systemdProgram(unit: Unit, reading: Reading): Program {
  const start = unit.last('ExecStart');
  // Prefixes (`-`, `@`, `:`, `+`, `!`) are systemd's, not the program's.
  const words = start ? splitWords(start.value.replace(/^[-@:+!|]+/, '')) : [];
  const timeout = unit.last('TimeoutStopSec') ?? unit.last('TimeoutSec');
  const ms = timeout === undefined ? SYSTEMD_STOP_MS : systemdMs(timeout.value);
  const environment = new Map<string, Variable>();
  for (const { value, span } of unit.all('Environment')) {
    for (const word of splitWords(value)) {
      const [, key, text] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
      if (key !== undefined) environment.set(key, { value: text, span });
    }
  }
  const signal = unit.last('KillSignal');
  return {
    platform: 'systemd',
    label: `service ${unit.name}`,
    span: unit.sectionSpan,
    launch: words.length > 0 ? readLaunch(words, 'words') : undefined,
    launchSpan: start?.span ?? unit.sectionSpan,
    image: undefined,
    base: undefined,
    facts: imageFacts(undefined),
    environment,
    // 0 means no limit, as `infinity` does: systemd.service(5).
    grace: { ms: ms === undefined ? null : ms === 0 ? Infinity : ms, span: timeout?.span, setting: 'TimeoutStopSec' },
    preStopMs: 0,
    signal: signal === undefined ? undefined : { value: signal.value, span: signal.span },
    isFirstProcess: false,
    hasInit: true,
    role: unit.last('Type')?.value === 'oneshot' ? 'job' : 'server',
    partial: reading.partial,
    handlesSigterm: reading.handlesSigterm,
    longestRequestMs: reading.longestRequestMs(0),
    code: undefined,
    codeSpan: undefined,
  };
}
