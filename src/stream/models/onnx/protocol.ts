// What is said between a program and the thread that runs its ONNX model.

/** Given to the thread when it starts. */
export interface SessionStart {
  /** The content of the file. */
  readonly model: Uint8Array;
  readonly threads: number;
  /** Two int32: see `RUNNING` and `ENDING`. */
  readonly flags: SharedArrayBuffer;
}

export type Request =
  | {
      readonly type: 'run';
      readonly id: number;
      readonly input: string;
      readonly output: string;
      readonly width: number;
      readonly rows: Float32Array<ArrayBuffer>;
    }
  | { readonly type: 'close' };

/** A tensor that the model takes or gives; null for what is no tensor. Names stand for sizes that are not fixed. */
export interface Port {
  readonly name: string;
  readonly type: string | null;
  readonly shape: readonly (number | string)[];
}

export type Reply =
  | { readonly type: 'ready'; readonly inputs: readonly Port[]; readonly outputs: readonly Port[] }
  | { readonly type: 'missing'; readonly message: string }
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'ran'; readonly id: number; readonly values: Float32Array<ArrayBuffer> }
  | { readonly type: 'failed'; readonly id: number; readonly message: string };

/** 1 while native code of the runtime is at work: the thread must not be ended then, that would abort the process. */
export const RUNNING = 0;
/** 1 once no further run may begin. */
export const ENDING = 1;
