// LASTCALL_GRACE or LASTCALL_PRESTOP is not what the manifest says.
import { durationMs } from '../../base/duration.ts';
import { seconds } from '../source/durations.ts';
import { isLastcall } from '../known/sum.ts';
import { defineRule } from '../rule.ts';
import type { Program, Variable } from '../subjects/program.ts';
import { replacement } from './edits.ts';
import { deployment } from './examples.ts';

export const rule = defineRule({
  id: 'grace-literal',
  severity: 'error',
  title: 'LASTCALL_GRACE or LASTCALL_PRESTOP is not what the manifest says',
  why: 'Kubernetes does not tell a container its grace, and its clock runs since before preStop. So both are repeated in variables, and every stage is planned from them: a wrong literal means that the last stage, saving, is planned for a time when the process is long dead.',
  source: 'https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/',
  bad: deployment({
    pod: 'terminationGracePeriodSeconds: 45',
    container: 'env: [{ name: LASTCALL_GRACE, value: 60s }]',
  }),
  good: deployment({
    pod: 'terminationGracePeriodSeconds: 45',
    container: `env: [{ name: LASTCALL_GRACE, value: 45s }, { name: LASTCALL_PRESTOP, value: 10s }]
lifecycle: { preStop: { sleep: { seconds: 10 } } }`,
  }),
  check({ programs }, report) {
    for (const program of programs) {
      const { grace, preStopMs, environment, platform } = program;
      if (!grace || grace.ms === null || !Number.isFinite(grace.ms) || !isLastcall(program)) continue;
      compare(program, environment.get('LASTCALL_GRACE'), 'LASTCALL_GRACE', grace.ms, grace.setting);
      if (platform !== 'kubernetes') continue;
      compare(program, environment.get('LASTCALL_PRESTOP'), 'LASTCALL_PRESTOP', preStopMs, 'preStop');
      const isOther = grace.ms !== 30_000 && !environment.has('LASTCALL_GRACE');
      if (isOther || (preStopMs > 0 && !environment.has('LASTCALL_PRESTOP'))) {
        const name = isOther ? 'LASTCALL_GRACE' : 'LASTCALL_PRESTOP';
        report({
          at: program.span,
          what: `${program.label} runs with Lastcall and is not told ${name}: it plans with ${isOther ? '30 s' : 'no preStop'}, and the manifest says ${seconds(isOther ? grace.ms : preStopMs)}.`,
          todo: `Add the variable ${name} with the value ${(isOther ? grace.ms : preStopMs) / 1_000}s.`,
        });
      }
    }

    function compare(
      program: Program,
      variable: Variable | undefined,
      name: string,
      ms: number,
      setting: string,
    ): void {
      if (variable?.value === undefined) return;
      let toldMs: number;
      try {
        toldMs = durationMs(variable.value, name);
      } catch {
        report({
          at: variable.span,
          what: `${name} is ${JSON.stringify(variable.value)}, which is no duration: the program refuses to start.`,
          todo: `Write ${ms / 1_000}s.`,
        });
        return;
      }
      if (toldMs === ms) return;
      report({
        at: variable.span,
        what: `${name} of ${program.label} is ${seconds(toldMs)}, and ${setting} is ${seconds(ms)}.`,
        todo: `Write ${ms / 1_000}s.`,
        ...replacement(variable.span, variable.value, `${ms / 1_000}s`),
      });
    }
  },
});
