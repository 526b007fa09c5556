// The topology as one number, for epoch rows and manifests.
import { createHash } from 'node:crypto';
import { canonical } from '../../core/topology.ts';
import type { Topology } from '../../core/topology.ts';

/** SHA-256, hex. */
export function topologyHash(topology: Topology): string {
  return createHash('sha256').update(canonical(topology)).digest('hex');
}
