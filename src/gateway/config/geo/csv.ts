// Regions from a CSV file: `NETWORK,REGION` a line, such as `192.0.2.0/24,DE`. The longest network that fits decides.
import { parse } from 'csv-parse/sync';
import { LastcallError, messageOf } from '../../../base/errors.ts';
import { addressBits, masked, parseNetwork } from './address.ts';

/** @throws LastcallError `usage` with the line that is wrong */
export function regionsFromCsv(text: string, shown: string): (ip: string) => readonly string[] {
  const byPrefix = new Map<number, Map<bigint, string>>();
  for (const { record, line } of recordsOf(text, shown)) {
    const network = parseNetwork(record[0] ?? '');
    const region = record[1]?.trim() ?? '';
    if (network === null && line === 1) continue; // a heading
    if (network === null || region === '') {
      throw new LastcallError('usage', {
        what: `${JSON.stringify(record.join(','))} is not a network and a region`,
        on: `${shown}:${line}`,
        todo: 'Write lines such as 192.0.2.0/24,DE.',
      });
    }
    let networks = byPrefix.get(network.prefix);
    if (!networks) byPrefix.set(network.prefix, (networks = new Map()));
    networks.set(network.address, region);
  }
  const longestFirst = [...byPrefix].sort(([a], [b]) => b - a);
  return (ip) => {
    const address = addressBits(ip);
    if (address === null) return [];
    const regions: string[] = [];
    for (const [prefix, networks] of longestFirst) {
      const region = networks.get(masked(address, prefix));
      if (region !== undefined) regions.push(region);
    }
    return regions;
  };
}

function recordsOf(text: string, shown: string): { record: string[]; line: number }[] {
  try {
    const rows = parse(text, {
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      comment: '#',
    }) as unknown as {
      record: string[];
      info: { lines: number };
    }[];
    return rows.map(({ record, info }) => ({ record, line: info.lines }));
  } catch (error) {
    throw new LastcallError('usage', {
      what: messageOf(error),
      on: shown,
      todo: 'Correct the CSV file.',
      cause: error,
    });
  }
}
