// What the ending needs does not fit into the grace.
import { sumOf } from '../known/sum.ts';
import { seconds } from '../source/durations.ts';
import { defineRule } from '../rule.ts';
import { replacement } from './edits.ts';
import { deployment } from './examples.ts';
import type { Span } from '../source/source.ts';

const SETTINGS: Readonly<Record<string, string>> = {
  kubernetes: 'terminationGracePeriodSeconds',
  compose: 'stop_grace_period',
};

export const rule = defineRule({
  id: 'grace-sum',
  severity: 'error',
  title: 'What the ending needs does not fit into the grace',
  why: 'The grace of Kubernetes counts from before preStop. What preStop, the drain of the server and saving need together must be over before it ends: after that everything is killed, in the middle of the work that the waiting was for.',
  source: 'https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination',
  bad: deployment({
    pod: 'terminationGracePeriodSeconds: 45',
    container: `command: [gunicorn, --graceful-timeout, "40", app:app]
lifecycle: { preStop: { sleep: { seconds: 10 } } }`,
  }),
  good: deployment({
    pod: 'terminationGracePeriodSeconds: 60',
    container: `command: [gunicorn, --graceful-timeout, "40", app:app]
lifecycle: { preStop: { sleep: { seconds: 10 } } }`,
  }),
  check({ programs }, report) {
    for (const program of programs) {
      const setting = SETTINGS[program.platform];
      const { grace } = program;
      if (setting === undefined || program.role === 'job' || !grace) continue;
      // A service without stop_grace_period is compose-grace-missing's.
      if (program.platform === 'compose' && grace.span === undefined) continue;
      const sum = sumOf(program);
      if (!sum || sum.neededMs <= sum.graceMs) continue;
      const byDefault = grace.span === undefined ? ' (the default)' : '';
      const number = Math.ceil(sum.neededMs / 1_000);
      report({
        at: grace.span ?? program.span,
        what: `${program.label} needs ${sum.text}, and ${grace.setting} is ${seconds(sum.graceMs)}${byDefault}.`,
        todo: `Set ${grace.setting} to at least ${number}${program.platform === 'compose' ? 's' : ''}, or let it wait less.`,
        ...(grace.span && grace.setting === setting ? raised(grace.span, number, program.platform === 'compose') : {}),
        ...(sum.wait ? { related: [{ at: sum.wait.at, what: `${sum.wait.what}: ${seconds(sum.wait.ms)}` }] } : {}),
      });
    }
  },
});

/** A plain number (of seconds in Kubernetes, with its unit in compose) grows; anything else is left to people. */
function raised(span: Span, number: number, withUnit: boolean) {
  const old = /\d+s?/.exec(span.source.text.slice(span.start, span.end))?.[0] ?? '';
  return replacement(span, old, `${number}${withUnit ? 's' : ''}`);
}
