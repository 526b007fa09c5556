// Begins a slow prediction and ends the process in the middle of it, with an exit code of its own.
import { onnx } from '../onnx.ts';

const [, , path, width] = process.argv;
const model = await onnx(path!, {
  input: { name: 'x', width: Number(width) },
  output: { name: 'y', width: 1 },
}).create();
void model.handle.predict(new Float32Array(64 * Number(width))).then(() => process.exit(1));
// The run has begun by the time that the thread has answered nothing for this long; if not, the exit is as good a test.
setTimeout(() => process.exit(7), 50);
