// preStop runs a shell or sleep that the image does not have.
import { defineRule } from '../rule.ts';
import { deployment } from './examples.ts';

export const rule = defineRule({
  id: 'prestop-needs-shell',
  severity: 'error',
  title: 'preStop runs a shell or sleep that the image does not have',
  why: 'Distroless and scratch images hold neither a shell nor sleep. The hook fails at once, an event is written that nobody reads, and the wait that was meant to protect requests does not happen.',
  source: 'https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/#hook-handler-implementations',
  bad: deployment({
    image: 'gcr.io/distroless/static-debian12',
    container: 'lifecycle: { preStop: { exec: { command: [sleep, "10"] } } }',
  }),
  good: deployment({
    image: 'gcr.io/distroless/static-debian12',
    container: 'lifecycle: { preStop: { sleep: { seconds: 10 } } }',
  }),
  check({ cluster }, report) {
    for (const { pod } of cluster.workloads) {
      for (const { program, preStop, tree } of [...pod.containers, ...pod.sidecars]) {
        const word = preStop?.words[0]?.replace(/^.*\//, '');
        if (!preStop || word === undefined || !/^(?:sh|bash|ash|sleep|curl|wget|kill|pkill)$/.test(word)) continue;
        if (program.facts.hasShell !== false) continue;
        const exec = preStop.tree.get('exec');
        const secondsLeft = preStop.sleepMs / 1_000;
        const isOnlySleep = word === 'sleep' && Number.isInteger(secondsLeft) && secondsLeft > 0;
        report({
          at: exec.keySpan,
          what: `preStop of ${program.label} runs \`${word}\`, and ${tree.get('image').raw ?? 'its image'} has no shell and no tools.`,
          todo: `Use \`preStop: { sleep: { seconds: ${secondsLeft || 10} } }\`, which needs nothing in the image (stable since Kubernetes 1.34).`,
          ...(isOnlySleep
            ? {
                edits: [
                  { span: exec.keySpan, text: 'sleep' },
                  { span: exec.span, text: `{ seconds: ${secondsLeft} }` },
                ],
              }
            : {}),
        });
      }
    }
  },
});
