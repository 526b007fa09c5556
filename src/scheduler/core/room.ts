// Room: what can be handed out, and the search for a place in it. A place is best-fit: the machine that is left with least,
// and on it the NUMA node that is left with least, so that large jobs find large pieces. All replicas of a gang, or none.
import type { Gpu, JobSpec, Node } from './types.ts';

/** Where one replica goes. */
export interface Slot {
  readonly node: string;
  readonly gpus: readonly string[];
}

interface NodeRoom {
  readonly name: string;
  cpus: number;
  memoryBytes: number;
  /** Ids of free GPUs by NUMA node, in the order of their index. */
  readonly byNuma: Map<number, string[]>;
  gpus: number;
}

export class Room {
  readonly #nodes: readonly NodeRoom[];
  /** Machines by name. */
  readonly #byName: ReadonlyMap<string, NodeRoom>;
  /** GPU → its NUMA node, shared by copies. */
  readonly #numa: Map<string, number>;
  ports: number;

  private constructor(nodes: readonly NodeRoom[], ports: number, numa: Map<string, number>) {
    this.#numa = numa;
    this.#nodes = nodes;
    this.#byName = new Map(nodes.map((node) => [node.name, node]));
    this.ports = ports;
  }

  /** @param gpus that are free, by index @param useOf what is in use of a machine */
  static of(
    nodes: readonly Node[],
    gpus: Iterable<Gpu>,
    useOf: (node: string) => { readonly cpus: number; readonly memoryBytes: number } | undefined,
    ports: number,
  ): Room {
    const rooms = nodes.map((node): NodeRoom => {
      const use = useOf(node.name);
      const cpus = node.cpus - (use?.cpus ?? 0);
      return {
        name: node.name,
        cpus,
        memoryBytes: node.memoryBytes - (use?.memoryBytes ?? 0),
        byNuma: new Map(),
        gpus: 0,
      };
    });
    const room = new Room(rooms, ports, new Map());
    for (const gpu of gpus) room.#addGpu(gpu);
    return room;
  }

  copy(): Room {
    return new Room(
      this.#nodes.map((node) => ({
        ...node,
        byNuma: new Map([...node.byNuma].map(([numa, ids]) => [numa, [...ids]])),
      })),
      this.ports,
      this.#numa,
    );
  }

  get freeGpus(): number {
    return this.#nodes.reduce((sum, node) => sum + node.gpus, 0);
  }

  /** Gives back what a run holds. */
  add(
    members: Iterable<{ node: string; cpus: number; memoryBytes: number; portCount: number }>,
    gpus: Iterable<Gpu>,
  ): void {
    for (const { node, cpus, memoryBytes, portCount } of members) {
      const room = this.#byName.get(node);
      this.ports += portCount;
      if (!room) continue;
      room.cpus += cpus;
      room.memoryBytes += memoryBytes;
    }
    for (const gpu of gpus) this.#addGpu(gpu);
  }

  /**
   * A place for every replica, taken from this room; or null, and nothing is taken.
   * @param prefer among equal GPUs those that were added first, or last
   */
  take(spec: JobSpec, prefer: 'first' | 'last' = 'first'): readonly Slot[] | null {
    const { request, replicas } = spec;
    if (request.ports.length * replicas > this.ports) return null;
    const slots: Slot[] = [];
    for (let replica = 0; replica < replicas; replica++) {
      const node = this.#bestNode(request);
      if (!node) {
        // What earlier replicas took goes back; nothing else changed meanwhile.
        for (const slot of slots) this.#giveBack(slot, request);
        return null;
      }
      slots.push({ node: node.name, gpus: takeGpus(node, request.gpus, prefer) });
      node.cpus -= request.cpus;
      node.memoryBytes -= request.memoryBytes;
    }
    this.ports -= request.ports.length * replicas;
    return slots;
  }

  /** Whether there is a place for every replica. */
  fits(spec: JobSpec): boolean {
    const slots = this.take(spec, 'last');
    if (!slots) return false;
    this.ports += spec.request.ports.length * spec.replicas;
    for (const slot of slots) this.#giveBack(slot, spec.request);
    return true;
  }

  /** Takes exactly these, as far as they are here. */
  takeExactly(slots: readonly Slot[], spec: JobSpec): void {
    this.ports -= spec.request.ports.length * spec.replicas;
    for (const { node, gpus } of slots) {
      const room = this.#byName.get(node);
      if (!room) continue;
      room.cpus -= spec.request.cpus;
      room.memoryBytes -= spec.request.memoryBytes;
      for (const ids of room.byNuma.values()) {
        for (const id of gpus) {
          const index = ids.indexOf(id);
          if (index < 0) continue;
          ids.splice(index, 1);
          room.gpus -= 1;
        }
      }
    }
  }

  #addGpu({ id, node, numa }: Gpu): void {
    const room = this.#byName.get(node);
    if (!room) return;
    this.#numa.set(id, numa);
    const ids = room.byNuma.get(numa);
    if (ids) ids.push(id);
    else room.byNuma.set(numa, [id]);
    room.gpus += 1;
  }

  #bestNode(request: JobSpec['request']): NodeRoom | null {
    let best: NodeRoom | null = null;
    for (const node of this.#nodes) {
      if (node.gpus < request.gpus || node.cpus < request.cpus || node.memoryBytes < request.memoryBytes) continue;
      if (!best || node.gpus < best.gpus || (node.gpus === best.gpus && node.cpus < best.cpus)) best = node;
    }
    return best;
  }

  #giveBack({ node, gpus }: Slot, request: JobSpec['request']): void {
    const room = this.#byName.get(node)!;
    room.cpus += request.cpus;
    room.memoryBytes += request.memoryBytes;
    room.gpus += gpus.length;
    for (const id of gpus) room.byNuma.get(this.#numa.get(id)!)!.push(id);
  }
}

/** From one NUMA node if one has enough, the one that is left with least; else from as few as possible. */
function takeGpus(node: NodeRoom, count: number, prefer: 'first' | 'last'): readonly string[] {
  const taken: string[] = [];
  while (taken.length < count) {
    const missing = count - taken.length;
    let best: string[] | null = null;
    for (const ids of node.byNuma.values()) {
      const size = ids.length;
      if (size === 0) continue;
      const bestSize = best?.length ?? 0;
      const better =
        !best || (size >= missing ? bestSize < missing || size < bestSize : bestSize < missing && size > bestSize);
      if (better) best = ids;
    }
    const ids = best!;
    taken.push(...(prefer === 'first' ? ids.splice(0, missing) : ids.splice(-missing)));
  }
  node.gpus -= count;
  return taken;
}
