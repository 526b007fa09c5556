// What hyparquet is told for one column: the schema path, the codec, and decompressors. Node's own zstd, gzip and
// brotli are several times faster than those written in JavaScript; snappy and lz4 come from hyparquet-compressors, whose
// twenty modules take longer to load than many a file to read: they are loaded when a file asks for them.
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { parquetSchema, type Compressors, type FileMetaData } from 'hyparquet';
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import type { ColumnPlan } from './schema.ts';
import type { ColumnDecoder } from './values.ts';

/** Output is bounded by the size that the page header states, so a crafted page cannot fill the memory. */
function bounded(outputBytes: number): { maxOutputLength: number; chunkSize: number } {
  return { maxOutputLength: Math.max(1, outputBytes), chunkSize: Math.max(64, outputBytes) };
}

const NATIVE: Compressors = {
  ZSTD: (input, outputBytes) => zstdDecompressSync(input, bounded(outputBytes)),
  GZIP: (input, outputBytes) => gunzipSync(input, bounded(outputBytes)),
  BROTLI: (input, outputBytes) => brotliDecompressSync(input, bounded(outputBytes)),
};

/** Decompressors for pages of these codecs, and perhaps others. */
export async function compressorsFor(codecs: readonly ChunkMetadata['codec'][]): Promise<Compressors> {
  if (codecs.every((codec) => codec === 'UNCOMPRESSED' || NATIVE[codec] !== undefined)) return NATIVE;
  const { compressors: portable } = await import('hyparquet-compressors');
  return { ...portable, ...NATIVE };
}

export type RowGroup = FileMetaData['row_groups'][number];
export type ChunkMetadata = NonNullable<RowGroup['columns'][number]['meta_data']>;

export async function decoderOf(
  metadata: FileMetaData,
  plan: ColumnPlan,
  chunk: ChunkMetadata,
): Promise<ColumnDecoder> {
  const root = parquetSchema(metadata);
  return {
    ...chunk,
    pathInSchema: [plan.name],
    element: plan.node.element,
    schemaPath: [root, plan.node],
    parsers: DEFAULT_PARSERS,
    compressors: await compressorsFor([chunk.codec]),
  };
}

/** Where a column chunk lies in the file. */
export function rangeOf(chunk: ChunkMetadata): { from: number; to: number } {
  // Some writers leave the offset of the dictionary page out, or write 0; the data page offset then includes it.
  const from = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
  return { from, to: from + Number(chunk.total_compressed_size) };
}
