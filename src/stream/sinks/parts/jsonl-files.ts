// Parts in JSON Lines.
import { LastcallError, messageOf } from '../../../base/errors.ts';
import type { Sink } from '../../ports.ts';
import { OpenParts, PART_OPTIONS, partRules, type PartFormat, type PartOptions } from './parts.ts';

/**
 * Outputs as lines of JSON in `part-00000001.jsonl`, …; the part that is being written is named `….jsonl.open`. Values
 * are written as `JSON.stringify` does it.
 * @param directory created (0700) if it is not there; of this pipeline alone
 * @throws LastcallError `usage`
 */
export function jsonlFiles<Output>(directory: string, options: PartOptions = {}): Sink<Output> {
  const rules = partRules('jsonlFiles', directory, options, PART_OPTIONS);
  const identity = `jsonl-files:${options.name ?? directory}`;
  return {
    kind: 'jsonl-files',
    identity,
    schema: null,
    open: async (context) => new OpenParts<Output>(identity, rules, jsonlFormat, context),
  };
}

export const jsonlFormat: PartFormat<unknown> = {
  extension: 'jsonl',
  header: () => '',
  line(output) {
    try {
      const text: unknown = JSON.stringify(output);
      if (typeof text === 'string') return `${text}\n`;
      throw new TypeError(`a ${typeof output}`);
    } catch (error) {
      throw new LastcallError('failed', {
        what: `an output that JSON cannot hold: ${messageOf(error)}`,
        todo: 'Convert it in process.',
        cause: error,
      });
    }
  },
  recover() {},
  store() {},
  committed() {},
  rolledBack() {},
};
