// IP addresses as numbers, for looking up the network they are in. IPv4 addresses are taken as the last 32 bits, so that
// `::ffff:192.0.2.1` and `192.0.2.1` are the same.
import { isIP, isIPv4 } from 'node:net';

export interface Network {
  /** All bits, 128. */
  readonly address: bigint;
  /** Of 128. */
  readonly prefix: number;
}

const IPV4_PREFIX = 0xffffn << 32n;

/** 128 bits, or null for what is no address. */
export function addressBits(text: string): bigint | null {
  const plain = text.split('%')[0]!;
  if (isIPv4(plain)) return IPV4_PREFIX | ipv4Bits(plain);
  if (isIP(plain) !== 6) return null;
  let rest = plain;
  const last = rest.slice(rest.lastIndexOf(':') + 1);
  if (isIPv4(last)) {
    const bits = ipv4Bits(last);
    rest = `${rest.slice(0, -last.length)}${(bits >> 16n).toString(16)}:${(bits & 0xffffn).toString(16)}`;
  }
  const [head = '', tail] = rest.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups =
    tail === undefined ? left : [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return groups.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}

function ipv4Bits(text: string): bigint {
  return text.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

/** `192.0.2.0/24`, `2001:db8::/32`, or one address; null for what is none. */
export function parseNetwork(text: string): Network | null {
  const [address = '', length, more] = text.trim().split('/');
  const bits = addressBits(address);
  if (bits === null || more !== undefined) return null;
  const width = isIPv4(address) ? 32 : 128;
  const prefix = length === undefined ? width : /^\d{1,3}$/.test(length) ? Number(length) : -1;
  if (prefix < 0 || prefix > width) return null;
  const full = prefix + (128 - width);
  return { address: masked(bits, full), prefix: full };
}

export function masked(address: bigint, prefix: number): bigint {
  const rest = BigInt(128 - prefix);
  return (address >> rest) << rest;
}
