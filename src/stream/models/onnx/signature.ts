// Whether the model in a file takes and gives what was declared.
import { LastcallError } from '../../../base/errors.ts';
import type { OnnxSignature } from './options.ts';
import type { Port } from './protocol.ts';

/** @throws LastcallError `state_refused`, saying what the model has instead */
export function checkPorts(
  signature: OnnxSignature,
  found: { readonly inputs: readonly Port[]; readonly outputs: readonly Port[] },
  on: string,
): void {
  checkPort('input', signature.input, found.inputs, on);
  checkPort('output', signature.output, found.outputs, on);
  const others = found.inputs.filter(({ name }) => name !== signature.input.name);
  if (others.length > 0) throw refused(on, `it also needs ${others.map(describe).join(', ')}`);
}

function checkPort(
  what: 'input' | 'output',
  { name, width }: OnnxSignature['input'],
  found: readonly Port[],
  on: string,
): void {
  const port = found.find((candidate) => candidate.name === name);
  if (port === undefined) throw refused(on, `it has no ${what} ${name}, but ${found.map(describe).join(', ')}`);
  const [rows, columns] = port.shape;
  const isFlat = what === 'output' && width === 1 && port.shape.length === 1;
  const isTable = port.shape.length === 2 && (columns === width || typeof columns === 'string');
  if (port.type !== 'float32' || !(isFlat || isTable)) {
    throw refused(on, `its ${what} is ${describe(port)}, and ${name}: float32[rows, ${width}] is declared`);
  }
  if (typeof rows === 'number' && rows >= 0) {
    throw refused(
      on,
      `its ${what} ${name} takes ${rows} rows and no other number (export it with a dynamic batch axis)`,
    );
  }
}

function describe({ name, type, shape }: Port): string {
  return `${name}: ${type ?? 'no tensor'}[${shape.join(', ')}]`;
}

function refused(on: string, what: string): LastcallError {
  return new LastcallError('state_refused', {
    what: `the model has another signature: ${what}`,
    on,
    todo: 'Give a file with the declared input and output, or correct the declaration.',
  });
}
