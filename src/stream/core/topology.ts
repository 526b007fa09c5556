// What a pipeline's state belongs to: its steps, schemas, signatures and sinks. A state is resumed only by a pipeline with
// the same topology; where two differ is said by name.
import type { Pipeline } from '../pipeline.ts';

/** Canonical JSON by part: `source`, `state.origin`, `model.delay`, `sink`, `seed`. */
export type Topology = Readonly<Record<string, string>>;

export function topologyOf(pipeline: Pipeline): Topology {
  const { source, state, model, sink, seed, parts: branches } = pipeline;
  const parts: Record<string, string> = {
    source: canonical({ kind: source.kind, identity: source.identity, schema: source.schema }),
    sink: canonical({ kind: sink.kind, identity: sink.identity, schema: sink.schema }),
    seed: canonical(seed),
  };
  // The order of declaration decides the slots' numbers, so it is a part of it.
  for (const [index, [name, { kind, schema }]] of Object.entries(state).entries()) {
    parts[`state.${name}`] = canonical({ index, kind, schema });
  }
  for (const [index, [name, { kind, schema, signature, stops }]] of Object.entries(model).entries()) {
    parts[`model.${name}`] = canonical({ index, kind, schema, signature, whileStopped: stops?.whileStopped });
  }
  for (const [index, { name, sink: own, whileStopped, uses }] of branches.entries()) {
    const to = own === null ? null : { kind: own.kind, identity: own.identity, schema: own.schema };
    parts[`part.${name}`] = canonical({ index, sink: to, whileStopped, uses });
  }
  return parts;
}

/** How `now` differs from `stored`, a clause for people; null if it does not. */
export function topologyDifference(stored: Topology, now: Topology): string | null {
  const names = [...new Set([...Object.keys(stored), ...Object.keys(now)])].sort();
  const differences = names.flatMap((name) => {
    if (stored[name] === now[name]) return [];
    if (stored[name] === undefined) return [`${name} is new`];
    return now[name] === undefined ? [`${name} is gone`] : [`${name} was ${stored[name]} and is ${now[name]}`];
  });
  return differences.length === 0 ? null : differences.join('; ');
}

/** JSON with sorted keys, so that the same value is the same text. Numbers that JSON lacks keep their names. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'bigint') return `${part}n`;
    if (typeof part === 'number' && !Number.isFinite(part)) return String(part);
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  });
}
