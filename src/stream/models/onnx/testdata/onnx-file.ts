// Writes small ONNX models (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, IR version 8, opset 13) without any
// tool of theirs: a protocol-buffer message is a run of fields, each a tag and a length-prefixed or varint value.
import { writeFile } from 'node:fs/promises';

type Field = readonly [number: number, value: number | string | Uint8Array];

function message(...fields: readonly Field[]): Uint8Array {
  return Buffer.concat(
    fields.flatMap(([number, value]) => {
      if (typeof value === 'number') return [varint(number * 8), varint(value)];
      const bytes = Buffer.from(value);
      return [varint(number * 8 + 2), varint(bytes.length), bytes];
    }),
  );
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}

const FLOAT = 1;

function node(type: string, inputs: readonly string[], output: string): Field {
  return [1, message(...inputs.map((name): Field => [1, name]), [2, output], [4, type])];
}

function tensor(name: string, dims: readonly number[], values: Float32Array): Field {
  const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return [5, message(...dims.map((dim): Field => [1, dim]), [2, FLOAT], [8, name], [9, data])];
}

/** @param rows a name: as many as there are; a number: always so many */
function port(field: 11 | 12, name: string, rows: string | number, width: number): Field {
  const dims = [rows, width].map((dim): Field => [1, message([typeof dim === 'number' ? 1 : 2, dim])]);
  const shape: Field = [2, message(...dims)];
  return [field, message([1, name], [2, message([1, message([1, FLOAT], shape)])])];
}

function model(...graph: readonly Field[]): Uint8Array {
  return message([1, 8], [8, message([2, 13])], [7, message(...graph, [2, 'test'])]);
}

export interface LogisticShape {
  readonly weights: readonly number[];
  readonly bias: number;
  readonly input?: string;
  readonly output?: string;
  readonly rows?: string | number;
}

/** y = sigmoid(x · weights + bias), for x of any number of rows. */
export async function writeLogistic(path: string, shape: LogisticShape): Promise<void> {
  const { weights, bias, input = 'x', output = 'y', rows = 'N' } = shape;
  const bytes = model(
    node('Gemm', [input, 'w', 'b'], 'z'),
    node('Sigmoid', ['z'], output),
    tensor('w', [weights.length, 1], Float32Array.from(weights)),
    tensor('b', [1], Float32Array.of(bias)),
    port(11, input, rows, weights.length),
    port(12, output, rows, 1),
  );
  await writeFile(path, bytes);
}

/** Multiplies by a matrix again and again, to be slow: `width`² · `times` multiplications a row. */
export async function writeSlow(path: string, width: number, times: number): Promise<void> {
  const nodes = Array.from({ length: times }, (_, at) => node('MatMul', [at === 0 ? 'x' : `z${at}`, 'w'], `z${at + 1}`));
  const bytes = model(
    ...nodes,
    node('Gemm', [`z${times}`, 'v'], 'y'),
    tensor('w', [width, width], new Float32Array(width * width).fill(1 / width)),
    tensor('v', [width, 1], new Float32Array(width).fill(1 / width)),
    port(11, 'x', 'N', width),
    port(12, 'y', 'N', 1),
  );
  await writeFile(path, bytes);
}

/** Multi-layer perceptron with weights from a fixed pattern: width → hidden (tanh) → 1 (sigmoid). */
export async function writePerceptron(path: string, width: number, hidden: number): Promise<void> {
  const pattern = (length: number): Float32Array => Float32Array.from({ length }, (_, at) => Math.fround(Math.sin(at * 1.7)));
  const bytes = model(
    node('Gemm', ['x', 'w1', 'b1'], 'h'),
    node('Tanh', ['h'], 'a'),
    node('Gemm', ['a', 'w2', 'b2'], 'z'),
    node('Sigmoid', ['z'], 'y'),
    tensor('w1', [width, hidden], pattern(width * hidden)),
    tensor('b1', [hidden], pattern(hidden)),
    tensor('w2', [hidden, 1], pattern(hidden)),
    tensor('b2', [1], pattern(1)),
    port(11, 'x', 'N', width),
    port(12, 'y', 'N', 1),
  );
  await writeFile(path, bytes);
}
