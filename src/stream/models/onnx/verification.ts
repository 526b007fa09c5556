// Whether a loaded ONNX model predicts: finite numbers for inputs that any model must bear, and what its golden batch says.
import { LastcallError } from '../../../base/errors.ts';
import type { GoldenBatch } from './model-files.ts';

type Predict = (rows: Float32Array) => Promise<Float32Array>;

/** Zeros, ones, and a ramp from −1 to 1: the warm-up too. @throws LastcallError `state_refused`; what `predict` throws */
export async function checkFinite(predict: Predict, width: number, on: string): Promise<void> {
  const rows = new Float32Array(3 * width);
  rows.fill(1, width, 2 * width);
  for (let at = 0; at < width; at++) rows[2 * width + at] = width === 1 ? 0.5 : (2 * at) / (width - 1) - 1;
  const values = await predict(rows);
  const bad = values.find((value) => !Number.isFinite(value));
  if (bad !== undefined) throw failed(on, `it predicts ${bad} for an input of zeros, ones or a ramp`);
}

/** @throws LastcallError `state_refused`, naming the row that differs; what `predict` throws */
export async function checkGolden(predict: Predict, golden: GoldenBatch, on: string): Promise<void> {
  const values = await predict(Float32Array.from(golden.inputs.flat()));
  golden.outputs.flat().forEach((expected, at) => {
    const difference = Math.abs(values[at]! - expected);
    if (difference <= golden.tolerance) return;
    const row = Math.floor((at * golden.outputs.length) / values.length);
    throw failed(on, `golden row ${row} predicts ${values[at]}, and ${expected} is expected`);
  });
}

function failed(on: string, what: string): LastcallError {
  return new LastcallError('state_refused', {
    what: `the model fails its verification: ${what}`,
    on,
    todo: 'Export it again, and compare what it predicts there.',
  });
}
