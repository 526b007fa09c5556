import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BadRecord } from '../bad-record.ts';
import type { FileBytes } from './bytes.ts';
import { CsvSplitter } from './csv-format.ts';
import { FileCursor } from './cursor.ts';
import { endOfLine, type FileFormat } from './format.ts';

/** A file that arrives in given pieces. */
function arriving(bytes: Buffer, sizes: readonly number[]): FileBytes {
  let at = 0;
  let turn = 0;
  return {
    grows: false,
    async next() {
      const size = sizes[turn++ % sizes.length]!;
      const piece = bytes.subarray(at, at + size);
      at += piece.length;
      return piece.length > 0 ? piece : null;
    },
    close: async () => {},
  };
}

/** All records with the offsets after them; bad ones by their text. */
async function cutAll(
  bytes: Buffer,
  format: FileFormat,
  sizes: readonly number[],
  count: number,
): Promise<[string, number][]> {
  const cursor = new FileCursor(arriving(bytes, sizes), format, { name: 'f', offset: 0 }, 12);
  const found: [string, number][] = [];
  for (let isLast = false; ;) {
    const { records, ends } = cursor.cut(count, isLast);
    for (const [index, record] of records.entries()) {
      found.push([record instanceof BadRecord ? `bad: ${record.raw}` : record.bytes.toString(), ends[index]!]);
    }
    if (records.length > 0) continue;
    if (isLast) return found;
    isLast = !(await cursor.fill());
  }
}

const splitter = new CsvSplitter({ delimiter: ',', quote: '"' });
const formats: Record<string, FileFormat> = {
  lines: { endOf: endOfLine, decode: () => [] },
  csv: { endOf: splitter.endOf.bind(splitter), decode: () => [] },
};
const content = fc.array(fc.constantFrom('a', '"', ',', '\n', '\r\n', 'bcdefghijklmn', 'é'), { maxLength: 40 });
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

for (const [name, format] of Object.entries(formats)) {
  test(`${name}: records and offsets do not depend on the pieces in which the bytes arrive`, async () => {
    await fc.assert(
      fc.asyncProperty(content, sizes, fc.integer({ min: 1, max: 4 }), async (parts, pieces, count) => {
        const bytes = Buffer.from(parts.join(''));
        const whole = await cutAll(bytes, format, [1_000], 1_000);
        assert.deepEqual(await cutAll(bytes, format, pieces, count), whole);
        assert.equal(whole.at(-1)?.[1] ?? 0, bytes.length);
      }),
      { numRuns: 500 },
    );
  });
}
