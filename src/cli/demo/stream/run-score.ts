// Follows the outputs of the disturbed run while it works, and keeps the score of its predictions. A fallback takes
// outputs back, so at each new beginning the score goes back to what is there.
import { Outputs } from './outputs.ts';
import type { Scoreboard } from './scoreboard.ts';

export class RunScore {
  readonly #path: string;
  readonly #board: Scoreboard;
  #outputs: Outputs | null = null;

  /** @param path of the pipeline's database */
  constructor(path: string, board: Scoreboard) {
    this.#path = path;
    this.#board = board;
  }

  /** The run is at work (again). Returns how many outputs it has. */
  open(): number {
    this.#outputs = new Outputs(this.#path);
    const rows = this.#outputs.count();
    if (rows < this.#board.records) this.#board.rewind(rows);
    return rows;
  }

  /** Committed outputs. */
  committed(): number {
    return this.#outputs?.count() ?? 0;
  }

  /** Takes in one read's worth of new outputs; false: there were none. */
  follow(): boolean {
    const read = this.#outputs?.read(this.#board.records, (p, isLate) => this.#board.add(p, isLate)) ?? 0;
    return read > 0;
  }

  /** The files may change from now on. */
  close(): void {
    this.#outputs?.close();
    this.#outputs = null;
  }
}
