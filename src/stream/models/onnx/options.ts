// What is declared of an ONNX model, checked once. The signature is part of the topology, the file is not: another file
// with the same signature may take its place.
import { basename } from 'node:path';
import { durationMs, type DurationInput } from '../../../base/duration.ts';
import { LastcallError } from '../../../base/errors.ts';
import { checkOptions, checkText, type OptionNames } from '../../../base/given.ts';
import type { SessionTimeouts } from './session.ts';

/** A float32 tensor of any number of rows. */
export interface OnnxPort {
  /** As in the model. */
  readonly name: string;
  /** Numbers in a row. */
  readonly width: number;
}

export interface OnnxOptions {
  readonly input: OnnxPort;
  readonly output: OnnxPort;
  /** Default: the name of the file. */
  readonly version?: string;
  /** Threads that one prediction may use. Default 1: more may give other bits for other batches. */
  readonly threads?: number;
  /** Limits of what the model may take: to load (default 60s), to predict (30s), to end when it is closed (10s). */
  readonly timeouts?: {
    readonly load?: DurationInput;
    readonly predict?: DurationInput;
    readonly close?: DurationInput;
  };
}

export interface OnnxSignature {
  readonly kind: 'onnx';
  readonly format: 1;
  readonly input: OnnxPort & { readonly type: 'float32' };
  readonly output: OnnxPort & { readonly type: 'float32' };
}

/** Every option resolved. */
export interface OnnxRules {
  readonly signature: OnnxSignature;
  readonly version: string;
  readonly threads: number;
  readonly timeouts: SessionTimeouts;
}

const OPTIONS: OptionNames<OnnxOptions> = { input: true, output: true, version: true, threads: true, timeouts: true };
const PORT: OptionNames<OnnxPort> = { name: true, width: true };
const TIMEOUTS: OptionNames<Required<OnnxOptions>['timeouts']> = { load: true, predict: true, close: true };

/** @throws LastcallError `usage`, naming the option */
export function resolveOnnx(file: string, options: OnnxOptions): OnnxRules {
  checkText('onnx', file, 'the path of a file');
  checkOptions('onnx', options, OPTIONS);
  const { threads = 1, timeouts = {} } = options;
  checkOptions('onnx.timeouts', timeouts, TIMEOUTS);
  if (!Number.isInteger(threads) || threads < 1 || threads > 1_024)
    throw usage('threads', 'an integer from 1 to 1,024');
  return {
    signature: { kind: 'onnx', format: 1, input: port('input', options.input), output: port('output', options.output) },
    version: options.version ?? basename(file),
    threads,
    timeouts: {
      loadMs: durationMs(timeouts.load ?? '60s', 'onnx.timeouts.load'),
      predictMs: durationMs(timeouts.predict ?? '30s', 'onnx.timeouts.predict'),
      closeMs: durationMs(timeouts.close ?? '10s', 'onnx.timeouts.close'),
    },
  };
}

function port(option: string, given: OnnxPort): OnnxPort & { type: 'float32' } {
  checkOptions(`onnx.${option}`, given, PORT);
  const { name, width } = given;
  checkText(`onnx.${option}.name`, name, 'a name');
  if (!Number.isInteger(width) || width < 1) throw usage(`${option}.width`, 'an integer above 0');
  return { name, width, type: 'float32' };
}

function usage(option: string, must: string): LastcallError {
  return new LastcallError('usage', {
    what: `it must be ${must}`,
    on: `onnx.${option}`,
    todo: 'Correct the option of the model.',
  });
}
