// What can go wrong with an ONNX session, as people read it.
import { formatMs } from '../../../base/duration.ts';
import { LastcallError } from '../../../base/errors.ts';

/** Predictions in flight; more are refused, since whoever asks should await. */
export const IN_FLIGHT_MAX = 64;

export function missing(message: string): LastcallError {
  return new LastcallError('dependency', {
    what: `the ONNX runtime cannot be loaded (${message.split('\n')[0]})`,
    on: 'onnxruntime-node',
    todo: 'Install it: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@1',
  });
}

export function notLoaded(on: string, message: string): LastcallError {
  return new LastcallError('state_refused', {
    what: `the ONNX runtime refuses the file (${message})`,
    on,
    todo: 'Check it with onnx.checker, and export it for an opset that this runtime knows.',
  });
}

export function refusedBatch(on: string, message: string): LastcallError {
  return new LastcallError('failed', {
    what: `the ONNX runtime refuses the batch (${message})`,
    on,
    todo: 'Check the shape of the rows against the model.',
  });
}

export function lost(on: string, cause: unknown): LastcallError {
  const reason = cause instanceof Error ? `: ${cause.message}` : '';
  return new LastcallError('dependency', {
    what: `the thread of the model ended${reason}`,
    on,
    todo: 'The next prediction starts another one; if this comes back, look for memory limits.',
    cause,
  });
}

export function stuck(on: string, what: string, limitMs: number): LastcallError {
  return new LastcallError('timeout', {
    what: `${what} within ${formatMs(limitMs)}`,
    on,
    todo: 'Use smaller batches or a smaller model, or raise the time-out of onnx().',
  });
}

export function tooMany(on: string): LastcallError {
  return new LastcallError('failed', {
    what: `${IN_FLIGHT_MAX} predictions are in flight already`,
    on,
    todo: 'Await predictions before asking for more.',
  });
}

export function closed(on: string): LastcallError {
  return new LastcallError('cancelled', { what: 'the model is closed', on, todo: 'Ask the model that replaced it.' });
}
