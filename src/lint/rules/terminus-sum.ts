// The time-out of Terminus does not fit the time the container is given.
import { seconds } from '../source/durations.ts';
import { defineRule } from '../rule.ts';
import { graceOf } from './node-libraries.ts';

export const rule = defineRule({
  id: 'terminus-sum',
  severity: 'warning',
  title: 'The time-out of Terminus does not fit the time the container is given',
  why: 'createTerminus() waits `timeout` (1 s by default) for the server to close and then ends the process. Longer than the grace, and the container is killed first; the 1 s that nobody set cuts every longer request.',
  source: 'https://github.com/godaddy/terminus#usage',
  bad: {
    Dockerfile:
      'FROM node:24\nCOPY server.js /app/server.js\nENTRYPOINT ["tini", "--"]\nCMD ["node", "/app/server.js"]\n',
    'server.js': "createTerminus(server, { signals: ['SIGTERM'], timeout: 60000 });\n",
    'compose.yaml': 'services:\n  web:\n    build: .\n',
  },
  good: {
    Dockerfile:
      'FROM node:24\nCOPY server.js /app/server.js\nENTRYPOINT ["tini", "--"]\nCMD ["node", "/app/server.js"]\n',
    'server.js': "createTerminus(server, { signals: ['SIGTERM'], timeout: 8000 });\n",
    'compose.yaml': 'services:\n  web:\n    build: .\n',
  },
  check({ programs }, report) {
    for (const program of programs) {
      const { code, codeSpan } = program;
      const call = code === undefined ? undefined : /createTerminus\s*\(([^]{0,2000}?)\)\s*;?\s*(?:\n|$)/.exec(code);
      if (!call) continue;
      const { source } = codeSpan!;
      const at = source.span(call.index, call.index + 'createTerminus'.length);
      const timeout = /\btimeout\s*:\s*([\d_]+)/.exec(call[1]!)?.[1]?.replaceAll('_', '');
      const graceMs = graceOf(program);
      if (timeout === undefined) {
        if (/\btimeout\b|\.\.\./.test(call[1]!) || !/[{]/.test(call[1]!)) continue;
        report({
          at,
          what: 'createTerminus() is given no timeout: after 1 s the process ends, whatever is in flight.',
          todo: 'Set `timeout` to the longest request, below the grace of the container.',
        });
      } else if (graceMs !== undefined && Number(timeout) >= graceMs) {
        report({
          at,
          what: `createTerminus() waits ${seconds(Number(timeout))}, and ${program.label} is killed after ${seconds(graceMs)}.`,
          todo: 'Set `timeout` below the grace, or raise the grace.',
        });
      }
    }
  },
});
