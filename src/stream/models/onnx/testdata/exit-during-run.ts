// Asks for many slow predictions and ends the process after the first, with an exit code of its own: the thread is in the
// middle of the second then.
import { onnx } from '../onnx.ts';

const [, , path, width] = process.argv;
const model = await onnx(path!, {
  input: { name: 'x', width: Number(width) },
  output: { name: 'y', width: 1 },
}).create();
const rows = new Float32Array(64 * Number(width));
const [first] = Array.from({ length: 20 }, () => model.handle.predict(rows));
await first;
process.exit(7);
