// One error type with a closed table of codes. Each code knows its exit code and whether trying again can help.
// A person who reads one learns what happened, on which thing, and what to do.

/** code → exit code (architecture.md, "Exit codes") and whether the same call may succeed later. */
const CODES = {
  failed: { exitCode: 1, retryable: false },
  usage: { exitCode: 2, retryable: false },
  not_found: { exitCode: 1, retryable: false },
  not_runnable: { exitCode: 126, retryable: false },
  command_not_found: { exitCode: 127, retryable: false },
  persist_failed: { exitCode: 101, retryable: true },
  state_refused: { exitCode: 106, retryable: false },
  fenced: { exitCode: 107, retryable: false },
  dependency: { exitCode: 109, retryable: true },
  internal: { exitCode: 110, retryable: false },
  timeout: { exitCode: 1, retryable: true },
  cancelled: { exitCode: 1, retryable: true },
  disk_full: { exitCode: 101, retryable: true },
  io: { exitCode: 1, retryable: true },
} as const;

export type ErrorCode = keyof typeof CODES;

/** The three parts of a message that a person sees. */
export interface ErrorParts {
  /** What happened, a clause. A full stop at its end, as the messages of others have it, is taken off. */
  what: string;
  /** On which thing: file:line, field, id, path. Left out when `what` says it. */
  on?: string | undefined;
  /** What to do next, a sentence. */
  todo: string;
  cause?: unknown;
}

/** Every error that Lastcall throws on purpose. */
export class LastcallError extends Error {
  override readonly name = 'LastcallError';
  readonly code: ErrorCode;
  readonly what: string;
  readonly on: string | undefined;
  readonly todo: string;

  constructor(code: ErrorCode, parts: ErrorParts) {
    const what = parts.what.replace(/[.\s]+$/, '');
    const message = `${parts.on === undefined ? '' : `${parts.on}: `}${what}${/[!?]$/.test(what) ? '' : '.'} ${parts.todo}`;
    super(message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = code;
    this.what = what;
    this.on = parts.on;
    this.todo = parts.todo;
  }

  get exitCode(): number {
    return CODES[this.code].exitCode;
  }

  get retryable(): boolean {
    return CODES[this.code].retryable;
  }
}

/** The message of anything that was thrown, without a stack. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}
