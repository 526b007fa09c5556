// What users hand over for the report and for another thread becomes plain data at once, so that neither can fail later,
// when an ending depends on it.
import { LastcallError, messageOf } from '../../base/errors.ts';

/**
 * A copy as JSON has it; integers beyond its numbers (`bigint`, such as Kafka's offsets) become text.
 * @throws LastcallError `usage` if it cannot be written as JSON
 */
export function plainData<Value>(value: Value, on: string): Value {
  try {
    return JSON.parse(JSON.stringify(value, integersAsText)) as Value;
  } catch (error) {
    throw new LastcallError('usage', {
      what: `this cannot be written as JSON (${messageOf(error)})`,
      on,
      todo: 'Pass text, numbers, and objects and lists of them.',
      cause: error,
    });
  }
}

function integersAsText(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
