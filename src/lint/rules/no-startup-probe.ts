// A model server is killed by liveness while it loads.
import { seconds } from '../source/durations.ts';
import { defineRule } from '../rule.ts';
import type { Container } from '../subjects/cluster.ts';
import { gpuLimits } from './gpu.ts';
import { deployment } from './examples.ts';
import { patienceMs } from './probes.ts';

/** Weights are read from a disk or a network for minutes; this is a small model on a good day. */
const LOAD_MS = 180_000;

export const rule = defineRule({
  id: 'no-startup-probe',
  severity: 'warning',
  title: 'A model server is killed by liveness while it loads',
  why: 'Loading weights takes minutes, and takes longer on a cold node. A liveness probe that gives up before that restarts the server again and again, each time from the beginning. A startup probe waits without making liveness slow.',
  source: 'https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/#startup-probe',
  bad: deployment({
    image: 'vllm/vllm-openai:v0.9.1',
    container: `resources: { limits: { nvidia.com/gpu: 1 } }
livenessProbe: { httpGet: { path: /health, port: 8000 }, initialDelaySeconds: 30 }`,
  }),
  good: deployment({
    image: 'vllm/vllm-openai:v0.9.1',
    container: `resources: { limits: { nvidia.com/gpu: 1 } }
startupProbe: { httpGet: { path: /health, port: 8000 }, periodSeconds: 10, failureThreshold: 90 }
livenessProbe: { httpGet: { path: /health, port: 8000 } }`,
  }),
  check({ cluster }, report) {
    for (const { pod, partial, role } of cluster.workloads) {
      if (partial || role === 'job') continue;
      for (const container of pod.containers) {
        const { program, tree } = container;
        const liveness = tree.get('livenessProbe');
        if (!liveness.exists || tree.get('startupProbe').exists || !loadsModel(container)) continue;
        const patience = patienceMs(liveness);
        if (patience >= LOAD_MS) continue;
        report({
          at: liveness.keySpan,
          what: `${program.label} loads a model, has no startupProbe, and its liveness probe gives up after ${seconds(patience)}.`,
          todo: 'Add a startupProbe with failureThreshold × periodSeconds as long as the slowest load.',
        });
      }
    }
  },
});

function loadsModel({ program, tree }: Container): boolean {
  return program.facts.family === 'model-server' || gpuLimits(tree).length > 0;
}
