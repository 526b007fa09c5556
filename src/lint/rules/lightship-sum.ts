// The timers of Lightship add up to more than the grace.
import { seconds } from '../source/durations.ts';
import { defineRule } from '../rule.ts';
import { graceOf } from './node-libraries.ts';

/** Lightship's own timers, in the order in which they run (https://github.com/gajus/lightship#usage). */
const TIMERS = [
  ['shutdownDelay', 5_000],
  ['gracefulShutdownTimeout', 30_000],
  ['shutdownHandlerTimeout', 5_000],
] as const;

export const rule = defineRule({
  id: 'lightship-sum',
  severity: 'warning',
  title: 'The timers of Lightship add up to more than the grace',
  why: 'Lightship waits shutdownDelay, then gracefulShutdownTimeout for beacons, then shutdownHandlerTimeout for handlers. Its defaults are 5 + 30 + 5 s and a second of its own: more than the 30 s of Kubernetes, so the handlers that close things are what gets killed.',
  source: 'https://github.com/gajus/lightship#usage',
  bad: {
    Dockerfile:
      'FROM node:24\nCOPY server.js /app/server.js\nENTRYPOINT ["tini", "--"]\nCMD ["node", "/app/server.js"]\n',
    'server.js': 'const lightship = await createLightship();\n',
    'compose.yaml': 'services:\n  web:\n    build: .\n    stop_grace_period: 30s\n',
  },
  good: {
    Dockerfile:
      'FROM node:24\nCOPY server.js /app/server.js\nENTRYPOINT ["tini", "--"]\nCMD ["node", "/app/server.js"]\n',
    'server.js': 'const lightship = await createLightship({ gracefulShutdownTimeout: 15000 });\n',
    'compose.yaml': 'services:\n  web:\n    build: .\n    stop_grace_period: 30s\n',
  },
  check({ programs }, report) {
    for (const program of programs) {
      const { code, codeSpan } = program;
      const call = code === undefined ? undefined : /createLightship\s*\(([^]{0,2000}?)\)\s*;?\s*(?:\n|$)/.exec(code);
      const graceMs = graceOf(program);
      if (!call || graceMs === undefined || /\.\.\./.test(call[1]!)) continue;
      const parts = TIMERS.map(([name, fallbackMs]) => {
        const text = new RegExp(`\\b${name}\\s*:\\s*([\\d_]+)`).exec(call[1]!)?.[1];
        const isElsewhere = text === undefined && new RegExp(`\\b${name}\\b`).test(call[1]!);
        return {
          name,
          ms: isElsewhere ? undefined : text === undefined ? fallbackMs : Number(text.replaceAll('_', '')),
        };
      });
      if (parts.some(({ ms }) => ms === undefined)) continue;
      const sumMs = parts.reduce((sum, { ms }) => sum + ms!, 0);
      if (sumMs <= graceMs) continue;
      report({
        at: codeSpan!.source.span(call.index, call.index + 'createLightship'.length),
        what: `Lightship waits ${parts.map(({ name, ms }) => `${name} ${seconds(ms!)}`).join(' + ')} = ${seconds(sumMs)}, and ${program.label} is killed after ${seconds(graceMs)}.`,
        todo: 'Make the sum smaller than the grace: set gracefulShutdownTimeout to what the longest request takes.',
      });
    }
  },
});
