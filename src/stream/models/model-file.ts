// A model as one file, to be swapped into a running pipeline or kept: a line of JSON (what it is), the pieces of its
// state, and the SHA-256 of everything before. Nothing in a file is believed before that hash was checked.
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { LastcallError } from '../../base/errors.ts';
import { readFileIfThere, writeFileDurably } from '../../base/files/index.ts';
import type { StoredPiece } from '../state/pieces.ts';

const SCHEMA = 'lastcall.model/1';
const HASH_BYTES = 32;
/** More than the largest model of ours has; a file is read whole. */
const FILE_BYTES_MAX = 2 ** 30;

/** What the first line says. */
export interface ModelHeader {
  /** Compared with that of the model that it is to replace. */
  readonly signature: unknown;
  /** Inputs and the predictions that the model made for them when it was exported. */
  readonly golden: unknown;
}

/** A model that can be written into a file. */
export interface ExportableModel {
  exported(): { readonly header: ModelHeader; readonly pieces: Iterable<StoredPiece> };
}

/**
 * Writes a model into one file, durably, in place of one that is there: what it is, a golden batch, its parameters, their
 * hash. `lastcall swap UNIT MODEL FILE` takes it.
 * @returns the SHA-256 that the file ends with, hex
 * @throws LastcallError `io`, `disk_full`, `not_found` (no such directory)
 */
export async function exportModel(model: ExportableModel, path: string): Promise<string> {
  const { header, pieces } = model.exported();
  const parts: Uint8Array[] = [Buffer.from(`${JSON.stringify({ schema: SCHEMA, ...header })}\n`)];
  for (const { key, value } of pieces) parts.push(framed(Buffer.from(key)), framed(value));
  const content = Buffer.concat(parts);
  const hash = createHash('sha256').update(content).digest();
  await writeFileDurably(path, Buffer.concat([content, hash]));
  return hash.toString('hex');
}

/** @throws LastcallError `not_found`, `io`; `state_refused` if the file is damaged or no model */
export async function readModelFile(path: string): Promise<{ header: ModelHeader; pieces: StoredPiece[] }> {
  const bytesOnDisk = await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
  if (bytesOnDisk > FILE_BYTES_MAX)
    throw refused(path, 'it is larger than 1 GiB', 'Give a file that exportModel wrote.');
  const file = await readFileIfThere(path);
  if (file === null) {
    throw new LastcallError('not_found', { what: 'there is no such file', on: path, todo: 'Check the path.' });
  }
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const isOne = bytes.subarray(0, 64).toString('latin1').startsWith(`{"schema":"${SCHEMA}"`);
  if (!isOne) throw refused(path, `it does not begin with ${SCHEMA}`, 'Give a file that exportModel wrote.');
  const content = bytes.subarray(0, -HASH_BYTES);
  const hash = createHash('sha256').update(content).digest();
  if (!hash.equals(bytes.subarray(-HASH_BYTES))) {
    throw refused(
      path,
      'the file is damaged or cut off: its content does not have the hash that it ends with',
      'Copy or export it again.',
    );
  }
  const end = content.indexOf('\n');
  const header = JSON.parse(content.toString('utf8', 0, end)) as ModelHeader;
  return { header, pieces: [...unframed(content, end + 1)] };
}

function refused(on: string, what: string, todo: string): LastcallError {
  return new LastcallError('state_refused', { what, on, todo });
}

function framed(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** The bytes have the hash that they were written with, so their lengths are right. */
function* unframed(bytes: Buffer, start: number): Generator<StoredPiece> {
  let at = start;
  const next = (): Buffer => {
    const from = at + 4;
    at = from + bytes.readUInt32LE(at);
    return bytes.subarray(from, at);
  };
  while (at < bytes.length) yield { key: next().toString('utf8'), value: next() };
}
