// Asks for many slow predictions and ends the process soon after the first, with an exit code of its own: the thread is in
// the middle of the second then.
import { onnx } from '../onnx.ts';

const [, , path, width] = process.argv;
const model = await onnx(path!, {
  input: { name: 'x', width: Number(width) },
  output: { name: 'y', width: 1 },
}).create();
const rows = new Float32Array(256 * Number(width));
const [first] = Array.from({ length: 20 }, () => model.handle.predict(rows));
await first;
setTimeout(() => process.exit(7), 20);
