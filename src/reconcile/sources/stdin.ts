// Standard input: read once, from where it stands to its end. It has no positions, so nothing of it is remembered as read.
import type { Readable } from 'node:stream';
import { BadRecord } from '../../stream/index.ts';
import type { FieldMap } from '../read-line.ts';
import type { LogBatch, LogSource, Row } from './source.ts';
import { rowOf } from './text-lines.ts';

const LINE_BYTES_MAX = 1024 * 1024;
const NEWLINE = 0x0a;

export function openStdin(input: Readable, map: FieldMap): LogSource {
  const pieces = lines(input, map);
  return {
    name: 'stdin',
    async read() {
      const { done, value } = await pieces.next();
      return done === true ? 'end' : ({ rows: value, position: null } satisfies LogBatch);
    },
    more: async () => {},
    async close() {
      input.destroy();
    },
  };
}

async function* lines(input: Readable, map: FieldMap): AsyncGenerator<Row[], void> {
  let rest: Buffer = Buffer.alloc(0);
  let line = 0;
  let isOverlong = false;
  for await (const piece of input as AsyncIterable<Buffer>) {
    const rows: Row[] = [];
    let bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE)) {
      line++;
      if (isOverlong) rows.push(overlong(line));
      else rows.push(rowOf(bytes.toString('utf8', 0, end), `stdin:${line}`, map));
      isOverlong = false;
      bytes = bytes.subarray(end + 1);
    }
    if (bytes.length > LINE_BYTES_MAX) {
      isOverlong = true;
      bytes = Buffer.alloc(0);
    }
    rest = bytes;
    yield rows;
  }
  if (isOverlong) yield [overlong(line + 1)];
  else if (rest.length > 0) yield [rowOf(rest.toString('utf8'), `stdin:${line + 1}`, map)];
}

function overlong(line: number): BadRecord {
  return new BadRecord(`a line of more than ${LINE_BYTES_MAX} bytes`, '', `stdin:${line}`);
}
