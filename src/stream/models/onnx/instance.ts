// An ONNX model at work: predicts batches in a thread of its own and does not learn. What is committed of it is which file
// it is; a restart goes on with the file that was swapped in, as long as the program still declares the file that it
// declared then. A program that declares another one (a deploy) starts with that.
import { LastcallError } from '../../../base/errors.ts';
import type { ModelInstance, Piece } from '../../ports.ts';
import { refusedPiece } from '../../state/bytes.ts';
import type { StoredPiece } from '../../state/pieces.ts';
import { readGoldenBatch, readModel } from './model-files.ts';
import type { OnnxRules } from './options.ts';
import { OnnxSession } from './session.ts';
import { checkPorts } from './signature.ts';
import { checkFinite, checkGolden } from './verification.ts';

export interface OnnxModel {
  /**
   * Predictions for rows, in a thread beside: await it in the step.
   * @param rows row by row, `input.width` numbers each; copied
   * @returns row by row, `output.width` numbers each
   * @throws LastcallError `failed` (shape, too many in flight), `timeout`, `dependency` (the thread was lost), `cancelled`
   */
  predict(rows: Float32Array): Promise<Float32Array>;
}

/** Which file, as it is stored. */
interface FileRecord {
  readonly path: string;
  readonly hash: string;
  /** Hash of the file that the program declared then. */
  readonly declared: string;
}

const KEY = 'file';
/** Threads that may be lost one after another without a prediction in between. */
const LOST_MAX = 3;

export class OnnxInstance implements ModelInstance<OnnxModel> {
  readonly handle: OnnxModel = { predict: (rows) => this.#predict(rows) };
  /** Nothing is learnt, frozen or not. */
  learning = true;
  readonly #rules: OnnxRules;
  #file: FileRecord;
  /** Of the file, or of the one before while `#isOther`. */
  #session: OnnxSession;
  #isOther = false;
  #opening: Promise<OnnxSession> | null = null;
  #lost = 0;
  #state: 'changed' | 'pending' | 'committed' = 'changed';
  #isClosed = false;

  private constructor(file: FileRecord, rules: OnnxRules, session: OnnxSession) {
    this.#file = file;
    this.#rules = rules;
    this.#session = session;
  }

  /**
   * @param declared hash of the file that the program declares; null: this is it
   * @throws LastcallError `dependency` (no file, no runtime), `state_refused` (another signature, damaged), `timeout`
   */
  static async open(path: string, rules: OnnxRules, declared: string | null): Promise<OnnxInstance> {
    const { hash, session } = await openSession(path, rules);
    return new OnnxInstance({ path, hash, declared: declared ?? hash }, rules, session);
  }

  hash(): string {
    return this.#file.hash;
  }

  load(pieces: Iterable<StoredPiece>): void {
    for (const { value } of pieces) {
      const stored = fileRecord(value);
      if (stored.declared !== this.#file.declared) continue;
      this.#state = 'committed';
      this.#isOther = stored.hash !== this.#file.hash;
      this.#file = stored;
    }
  }

  changes(): readonly Piece[] {
    if (this.#state === 'committed') return [];
    this.#state = 'pending';
    return [...this.pieces()];
  }

  markCommitted(): void {
    if (this.#state === 'pending') this.#state = 'committed';
  }

  *pieces(): Generator<StoredPiece> {
    yield { key: KEY, value: new TextEncoder().encode(JSON.stringify(this.#file)) };
  }

  /** @throws LastcallError `dependency` if the file is not there or was changed; `state_refused` if it fails; `timeout` */
  async verify(): Promise<void> {
    const { path } = this.#file;
    const { input, output } = this.#rules.signature;
    const predict = (rows: Float32Array): Promise<Float32Array> => this.#predict(rows);
    const golden = await readGoldenBatch(path, input.width, output.width);
    await checkFinite(predict, input.width, path);
    if (golden !== null) await checkGolden(predict, golden, path);
  }

  /** Waits for the predictions in flight. Idempotent. @throws LastcallError `timeout` if a run does not end */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#opening?.catch(() => {});
    await this.#session.close();
  }

  async #predict(rows: Float32Array): Promise<Float32Array> {
    const { input, output } = this.#rules.signature;
    const { path } = this.#file;
    const count = rows.length / input.width;
    if (!Number.isInteger(count)) throw badShape(path, `${rows.length} numbers are not rows of ${input.width}`);
    if (count === 0) return new Float32Array(0);
    const session = await this.#working();
    const values = await session.run(rows, { input: input.name, width: input.width, output: output.name });
    if (values.length !== count * output.width) {
      throw badShape(path, `${values.length} numbers came back for ${count} rows of ${output.width}`);
    }
    this.#lost = 0;
    return values;
  }

  /** The session of the file, opened if it is not: the file was swapped in before a restart, or the thread was lost. */
  async #working(): Promise<OnnxSession> {
    const isUsable = !this.#isOther && (!this.#session.isLost || this.#lost === LOST_MAX);
    if (isUsable || this.#isClosed) return this.#session;
    this.#opening ??= this.#reopen().finally(() => (this.#opening = null));
    return this.#opening;
  }

  async #reopen(): Promise<OnnxSession> {
    if (this.#session.isLost) this.#lost++;
    const { path } = this.#file;
    const { hash, session } = await openSession(path, this.#rules);
    if (hash !== this.#file.hash) {
      await session.close();
      throw changedFile(path, this.#file.hash, hash);
    }
    const before = this.#session;
    this.#session = session;
    this.#isOther = false;
    await before.close();
    return session;
  }
}

async function openSession(path: string, rules: OnnxRules): Promise<{ hash: string; session: OnnxSession }> {
  const { bytes, hash } = await readModel(path);
  const { threads, timeouts, signature } = rules;
  const session = await OnnxSession.open(bytes, { on: path, threads, timeouts });
  try {
    checkPorts(signature, session, path);
    return { hash, session };
  } catch (error) {
    await session.close();
    throw error;
  }
}

function fileRecord(value: Uint8Array): FileRecord {
  try {
    const { path, hash, declared } = JSON.parse(new TextDecoder().decode(value)) as FileRecord;
    if ([path, hash, declared].every((field) => typeof field === 'string')) return { path, hash, declared };
  } catch {
    // Refused below, like a record without its fields.
  }
  throw refusedPiece(`model ${KEY}`);
}

function changedFile(on: string, before: string, now: string): LastcallError {
  return new LastcallError('dependency', {
    what: `the file has changed since the pipeline began to use it: its SHA-256 was ${before} and is ${now}`,
    on,
    todo: 'Put the file back. To use another one, swap it in, or declare it in the pipeline.',
  });
}

function badShape(on: string, what: string): LastcallError {
  return new LastcallError('failed', { what, on, todo: 'Check the widths that the model was declared with.' });
}
