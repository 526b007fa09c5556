// GPUs in Kubernetes: the resources that devices are counted by.
import type { Tree } from '../tree/tree.ts';

const GPU_RESOURCE =
  /^(?:nvidia\.com\/(?:gpu|mig-.*)|amd\.com\/gpu|gpu\.intel\.com\/.*|habana\.ai\/gaudi|google\.com\/tpu|aws\.amazon\.com\/neuron.*|aliyun\.com\/gpu-mem|nvidia\.com\/gpu\.shared)$/;

/** Limits of a container that give it devices. */
export function gpuLimits(container: Tree): Tree[] {
  return gpusUnder(container.get('resources', 'limits'));
}

export function gpuRequests(container: Tree): Tree[] {
  return gpusUnder(container.get('resources', 'requests'));
}

function gpusUnder(tree: Tree): Tree[] {
  return tree
    .entries()
    .filter(({ key, value }) => GPU_RESOURCE.test(key) && value.number() !== 0)
    .map(({ value }) => value);
}
