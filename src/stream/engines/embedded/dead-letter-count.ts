// How many dead letters this run has made: records whose step failed, and outputs that the outside refused.
import type { DatabaseSync } from 'node:sqlite';
import { tableExists } from '../../sinks/registry.ts';

export class DeadLetterCount {
  readonly #database: DatabaseSync;
  readonly #deadBefore: number;
  readonly #refusedBefore: number;

  /** @param dead records set aside since the pipeline first began */
  constructor(database: DatabaseSync, dead: number) {
    this.#database = database;
    this.#deadBefore = dead;
    this.#refusedBefore = this.#newestRefusal();
  }

  /** @param dead as above, now */
  at(dead: number): number {
    return dead - this.#deadBefore + this.#refusals();
  }

  /** Ids only grow, also when letters are dropped. */
  #newestRefusal(): number {
    return this.#number('SELECT coalesce(max(id), 0) AS number FROM sink_dead_letter');
  }

  #refusals(): number {
    return this.#number(`SELECT count(*) AS number FROM sink_dead_letter WHERE id > ${this.#refusedBefore}`);
  }

  #number(sql: string): number {
    return tableExists(this.#database, 'sink_dead_letter') ? Number(this.#database.prepare(sql).get()!['number']) : 0;
  }
}
