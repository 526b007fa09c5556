// A GPU is used that nobody counts.
import { defineRule } from '../rule.ts';
import type { Container, Pod } from '../subjects/cluster.ts';
import { deployment } from './examples.ts';
import { gpuLimits, gpuRequests } from './gpu.ts';

export const rule = defineRule({
  id: 'gpu-no-limit',
  severity: 'warning',
  title: 'A GPU is used that nobody counts',
  why: 'A device that is not in the limits is not handed out by the device plugin: two pods share it without knowing, and when one ends nothing proves that the memory is free. Requests without limits are refused by the API server.',
  source: 'https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/',
  bad: deployment({
    image: 'registry.example/train:1',
    container: `env:
  - { name: NVIDIA_VISIBLE_DEVICES, value: all }`,
  }),
  good: deployment({
    image: 'registry.example/train:1',
    container: 'resources: { limits: { nvidia.com/gpu: 1 } }',
  }),
  check({ cluster }, report) {
    for (const { pod, kind, partial } of cluster.workloads) {
      // Agents of nodes (device plugins, exporters) look at every device without owning one.
      if (partial || kind === 'DaemonSet' || pod.spec.get('resourceClaims').exists) continue;
      const anyLimit = [...pod.containers, ...pod.sidecars].some(({ tree }) => gpuLimits(tree).length > 0);
      for (const container of pod.containers) {
        const found = sign(container, pod, anyLimit);
        if (found)
          report({ ...found, todo: 'Put the device into `resources.limits`, for example `nvidia.com/gpu: 1`.' });
      }
    }
  },
});

function sign({ program, tree }: Container, pod: Pod, anyLimit: boolean) {
  if (
    gpuLimits(tree).length > 0 ||
    tree.get('resources', 'claims').exists ||
    tree.get('resources').isTemplated ||
    tree.get('resources', 'limits').isTemplated
  )
    return undefined;
  const request = gpuRequests(tree)[0];
  if (request) return { at: request.keySpan, what: `${program.label} requests a GPU and has no limit for it.` };
  const visible = program.environment.get('NVIDIA_VISIBLE_DEVICES');
  if (visible?.value !== undefined && /^(?:all|\d+(?:,\d+)*)$/.test(visible.value)) {
    return { at: visible.span, what: `${program.label} takes GPUs by NVIDIA_VISIBLE_DEVICES, past the device plugin.` };
  }
  if (anyLimit) return undefined;
  const runtime = pod.spec.get('runtimeClassName');
  if (runtime.text() === 'nvidia' && pod.containers.length === 1)
    return { at: runtime.span, what: `${program.label} runs with the nvidia runtime and has no GPU in its limits.` };
  const needsGpu =
    /(?:^|\/)(?:vllm-openai|text-generation-inference)(?:[:@]|$)/.test(program.image ?? '') &&
    !/cpu|gaudi|neuron|tpu|rocm|xpu|hpu/i.test(program.image ?? '');
  return needsGpu
    ? { at: program.span, what: `${program.label} runs an image that needs a GPU and has none in its limits.` }
    : undefined;
}
