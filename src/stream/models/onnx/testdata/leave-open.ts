// Predicts once and forgets to close the model.
import { onnx } from '../onnx.ts';

const [, , path, width] = process.argv;
const model = await onnx(path!, {
  input: { name: 'x', width: Number(width) },
  output: { name: 'y', width: 1 },
}).create();
const values = await model.handle.predict(new Float32Array(Number(width)));
process.stdout.write(`${values.length}\n`);
