// Writes small MaxMind databases for tests (https://maxmind.github.io/MaxMind-DB/, format 2.0): a tree of records of 24 bits
// over IPv4, then the data, then the metadata.
import { parseNetwork } from '../address.ts';

type Value = string | number | readonly Value[] | { readonly [key: string]: Value };

const MARKER = Buffer.from([0xab, 0xcd, 0xef, ...Buffer.from('MaxMind.com')]);
const SEPARATOR_BYTES = 16;

interface Node {
  children: [Node | number | null, Node | number | null];
}

export function writeDatabase(networks: readonly (readonly [network: string, value: Value])[]): Uint8Array {
  const root: Node = { children: [null, null] };
  const data: Buffer[] = [];
  let dataBytes = 0;
  for (const [text, value] of networks) {
    const network = parseNetwork(text)!;
    const encoded = encode(value);
    plant(root, network.address & 0xffffffffn, network.prefix - 96, dataBytes);
    data.push(encoded);
    dataBytes += encoded.length;
  }
  const nodes = number(root);
  const tree = Buffer.concat(nodes.map((node) => record(node, nodes)));
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1,
    database_type: 'Test',
    description: { en: 'test' },
    ip_version: 4,
    languages: ['en'],
    node_count: nodes.length,
    record_size: 24,
  });
  return Buffer.concat([tree, Buffer.alloc(SEPARATOR_BYTES), ...data, MARKER, metadata]);
}

function plant(root: Node, address: bigint, prefix: number, offset: number): void {
  let node = root;
  for (let depth = 0; depth < prefix; depth++) {
    const bit = Number((address >> BigInt(31 - depth)) & 1n);
    if (depth === prefix - 1) node.children[bit] = offset;
    else {
      const next = node.children[bit];
      const child: Node = typeof next === 'object' && next !== null ? next : { children: [null, null] };
      node.children[bit] = child;
      node = child;
    }
  }
}

function number(root: Node): Node[] {
  const nodes = [root];
  for (const node of nodes) {
    for (const child of node.children) if (typeof child === 'object' && child !== null) nodes.push(child);
  }
  return nodes;
}

function record(node: Node, nodes: readonly Node[]): Buffer {
  const bytes = Buffer.alloc(6);
  for (const [side, child] of node.children.entries()) {
    const value =
      child === null
        ? nodes.length
        : typeof child === 'number'
          ? nodes.length + SEPARATOR_BYTES + child
          : nodes.indexOf(child);
    bytes.writeUIntBE(value, side * 3, 3);
  }
  return bytes;
}

function encode(value: Value): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([Buffer.from([(2 << 5) | Buffer.byteLength(value)]), Buffer.from(value)]);
  if (typeof value === 'number') return Buffer.from([(6 << 5) | 4, value >>> 24, value >>> 16, value >>> 8, value]);
  if (Array.isArray(value))
    return Buffer.concat([Buffer.from([value.length, 4]), ...value.map((item: Value) => encode(item))]);
  const entries = Object.entries(value as Readonly<Record<string, Value>>);
  return Buffer.concat([
    Buffer.from([(7 << 5) | entries.length]),
    ...entries.flatMap(([key, item]) => [encode(key), encode(item)]),
  ]);
}
