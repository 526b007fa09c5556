// The files of an ONNX model: the model itself, and beside it, if they are there, what it is checked against before it is
// used: `FILE.sha256` (what `sha256sum FILE` prints) and `FILE.golden.json` (inputs, and what they are to give).
import { LastcallError } from '../../../base/errors.ts';
import { readFileIfThere } from '../../../base/files/index.ts';
import { sha256 } from '../../../store/index.ts';

export interface GoldenBatch {
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
  /** Largest difference that is allowed. */
  readonly tolerance: number;
}

const TOLERANCE = 1e-5;

/** @throws LastcallError `dependency` if there is no such file; `state_refused` if it has not the hash beside it; `io` */
export async function readModel(path: string): Promise<{ bytes: Uint8Array<ArrayBuffer>; hash: string }> {
  const bytes = await readFileIfThere(path);
  if (bytes === null) {
    throw new LastcallError('dependency', { what: 'there is no such file', on: path, todo: 'Bring the model back.' });
  }
  const hash = sha256(bytes);
  const beside = await readFileIfThere(`${path}.sha256`);
  if (beside !== null) {
    const expected = new TextDecoder().decode(beside.subarray(0, 64)).toLowerCase();
    if (expected !== hash) {
      throw refused(path, `its SHA-256 is ${hash}, and ${path}.sha256 says ${expected}`, 'Copy the file again.');
    }
  }
  return { bytes: bytes as Uint8Array<ArrayBuffer>, hash };
}

/** The golden batch beside a model; null if it has none. @throws LastcallError `state_refused` if that is malformed */
export async function readGoldenBatch(
  path: string,
  inputWidth: number,
  outputWidth: number,
): Promise<GoldenBatch | null> {
  const on = `${path}.golden.json`;
  const bytes = await readFileIfThere(on);
  if (bytes === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw refused(on, `it is no JSON (${String(error)})`, 'Write it again.');
  }
  const { inputs, outputs, tolerance = TOLERANCE } = (value ?? {}) as Partial<GoldenBatch>;
  const isGood =
    isTable(inputs, inputWidth) &&
    isTable(outputs, outputWidth) &&
    inputs.length === outputs.length &&
    typeof tolerance === 'number' &&
    tolerance >= 0;
  if (isGood) return { inputs, outputs, tolerance };
  throw refused(
    on,
    `it is not a golden batch of ${inputWidth} numbers in and ${outputWidth} out`,
    'Write {"inputs": [[…]], "outputs": [[…]], "tolerance": 1e-5}, with as many rows in as out.',
  );
}

function isTable(rows: unknown, width: number): rows is number[][] {
  const isRow = (row: unknown): boolean =>
    Array.isArray(row) && row.length === width && row.every((value) => Number.isFinite(value));
  return Array.isArray(rows) && rows.length > 0 && rows.length <= 10_000 && rows.every(isRow);
}

function refused(on: string, what: string, todo: string): LastcallError {
  return new LastcallError('state_refused', { what, on, todo });
}
