import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LastcallError } from '../../base/errors.ts';
import type { ModelDefinition, ModelInstance } from '../ports.ts';
import { onlineLogistic } from './logistic/online-logistic.ts';
import { SwapSlot, type AtBarrier, type ModelPlace, type Swapped } from './slot.ts';

const real = onlineLogistic({ features: 1024, seed: 1, categories: ['origin'] });

/** Lets everything happen that waits for nothing but promises. */
async function settled(): Promise<void> {
  for (let step = 0; step < 50; step++) await Promise.resolve();
}

/** A place as the engine keeps it, which remembers who was at work. */
class Place implements ModelPlace {
  instance: ModelInstance<unknown>;
  version = '1';
  constructor(instance: ModelInstance<unknown>) {
    this.instance = instance;
  }
  install(instance: ModelInstance<unknown>, version: string): void {
    this.instance = instance;
    this.version = version;
  }
}

/** Models whose loading, verification and closing end when, and as, the test says. */
class Gates {
  readonly closed: ModelInstance<unknown>[] = [];
  readonly opened: ModelInstance<unknown>[] = [];
  #waiting: PromiseWithResolvers<void>[] = [];
  closingFails = false;

  readonly definition: ModelDefinition<unknown> = {
    ...real,
    create: () => this.open(),
    load: async () => {
      await this.#gate();
      return this.open();
    },
  };

  open(): ModelInstance<unknown> {
    const model = real.create() as ModelInstance<unknown>;
    model.verify = () => this.#gate();
    model.close = async () => {
      this.closed.push(model);
      if (this.closingFails) throw new Error('it hangs');
    };
    this.opened.push(model);
    return model;
  }

  /** Lets what waits go on, or fail. */
  async go(outcome: 'well' | 'badly' = 'well'): Promise<void> {
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if (outcome === 'well') resolve();
      else reject(new LastcallError('state_refused', { what: 'it is damaged', todo: 'Copy it again.' }));
    }
    await settled();
  }

  async #gate(): Promise<void> {
    const gate = Promise.withResolvers<void>();
    this.#waiting.push(gate);
    await gate.promise;
  }
}

/** A barrier that is reached when the test says so, whose commit ends as it says. */
class Barrier {
  #crossing: ((outcome: 'well' | 'badly') => void)[] = [];
  epoch = 10;

  readonly at: AtBarrier = (apply) => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#crossing.push((outcome) => {
      try {
        apply();
        if (outcome === 'well') resolve(++this.epoch);
        else reject(new Error('the disk is full'));
      } catch (error) {
        reject(error);
      }
    });
    return promise;
  };

  async reach(outcome: 'well' | 'badly' = 'well'): Promise<void> {
    for (const cross of this.#crossing.splice(0)) cross(outcome);
    await settled();
  }
}

function setUp(): { gates: Gates; place: Place; barrier: Barrier; slot: SwapSlot; old: ModelInstance<unknown> } {
  const gates = new Gates();
  const old = gates.open();
  const place = new Place(old);
  return { gates, place, barrier: new Barrier(), slot: new SwapSlot('delay', gates.definition, place), old };
}

describe('the swap of a model', () => {
  it('loads and verifies beside the old one, changes at the barrier, and closes the old one after the commit', async () => {
    const { gates, place, barrier, slot, old } = setUp();
    const swap = slot.swap('file', '2', barrier.at);
    await gates.go();
    assert.equal(place.instance, old);
    await gates.go();
    assert.equal(place.instance, old);
    assert.deepEqual(gates.closed, []);
    await barrier.reach();
    assert.deepEqual(await swap, { from: '1', to: '2', epoch: 11, notReleased: null });
    assert.equal(place.version, '2');
    assert.deepEqual(gates.closed, [old]);
  });

  it('keeps the old model at work and says why when the candidate is refused, at loading as at verification', async () => {
    for (const good of [0, 1]) {
      const { gates, place, barrier, slot, old } = setUp();
      const swap = slot.swap('file', '2', barrier.at);
      if (good === 1) await gates.go();
      const refused = assert.rejects(swap, { code: 'state_refused', what: 'it is damaged' });
      await gates.go('badly');
      await refused;
      assert.equal(place.instance, old);
      assert.deepEqual(gates.closed, gates.opened.slice(1));
    }
  });

  it('puts the old model back when the epoch of the swap cannot be committed', async () => {
    const { gates, place, barrier, slot, old } = setUp();
    const swap = slot.swap('file', '2', barrier.at);
    await gates.go();
    await gates.go();
    const refused = assert.rejects(swap, /the disk is full/);
    await barrier.reach('badly');
    await refused;
    assert.equal(place.instance, old);
    assert.equal(place.version, '1');
    assert.deepEqual(gates.closed, gates.opened.slice(1));
  });

  it('swaps what is at work at the barrier, also when that was replaced since', async () => {
    const { gates, place, barrier, slot, old } = setUp();
    const swap = slot.swap('file', '2', barrier.at);
    await gates.go();
    await gates.go();
    const undone = gates.open();
    place.install(undone, '1');
    await old.close();
    await barrier.reach();
    await swap;
    assert.deepEqual(gates.closed, [old, undone]);
  });

  it('keeps a frozen model frozen', async () => {
    const { gates, place, barrier, slot, old } = setUp();
    old.learning = false;
    const swap = slot.swap('file', '2', barrier.at);
    await gates.go();
    await gates.go();
    await barrier.reach();
    await swap;
    assert.equal(place.instance.learning, false);
  });

  it('stands when the old model cannot be released, and says so', async () => {
    const { gates, place, barrier, slot, old } = setUp();
    const swap = slot.swap('file', '2', barrier.at);
    await gates.go();
    await gates.go();
    gates.closingFails = true;
    await barrier.reach();
    assert.equal((await swap).notReleased, 'it hangs');
    assert.notEqual(place.instance, old);
  });

  it('is given up by a stop, whether it loads, verifies or waits for the barrier; and none begins after', async () => {
    for (const steps of [0, 1, 2]) {
      const { gates, place, barrier, slot, old } = setUp();
      const swap = slot.swap('file', '2', barrier.at);
      for (let step = 0; step < steps; step++) await gates.go();
      const refused = assert.rejects(swap, { code: 'cancelled', what: /being stopped/ });
      const ended = slot.end();
      await gates.go();
      await gates.go();
      await barrier.reach();
      await refused;
      await ended;
      assert.equal(place.instance, old);
      assert.deepEqual(gates.closed, gates.opened.slice(1));
      await assert.rejects(slot.swap('file', '3', barrier.at), { code: 'cancelled' });
    }
  });

  it('is refused while another one is under way, and for models that come from no file', async () => {
    const { gates, place, barrier, slot } = setUp();
    const first = slot.swap('file', '2', barrier.at);
    await assert.rejects(slot.swap('file', '3', barrier.at), { what: /another swap/ });
    await gates.go();
    await gates.go();
    await barrier.reach();
    await first;
    const { kind, schema, signature, version } = real;
    const unloadable = { kind, schema, signature, version, create: () => gates.open() };
    const other = new SwapSlot('delay', unloadable, place);
    await assert.rejects(other.swap('file', '2', barrier.at), { code: 'usage' });
  });

  it('ends with every model closed once or at work, in whatever order things happen', async () => {
    const outcome = fc.constantFrom('well' as const, 'well' as const, 'badly' as const);
    const event = fc.oneof(
      { weight: 3, arbitrary: fc.record({ do: fc.constant('swap' as const) }) },
      { weight: 6, arbitrary: fc.record({ do: fc.constant('go' as const), outcome }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('barrier' as const), outcome }) },
      fc.record({ do: fc.constant('undo' as const) }),
      fc.record({ do: fc.constant('end' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 25, size: 'max' }), async (events) => {
        const { gates, place, barrier, slot } = setUp();
        const answers: Promise<Swapped | null>[] = [];
        const ends: Promise<void>[] = [];
        let version = 1;
        for (const next of events) {
          if (next.do === 'swap') {
            version++;
            answers.push(slot.swap('file', String(version), barrier.at).catch(() => null));
          }
          if (next.do === 'go') await gates.go(next.outcome);
          if (next.do === 'barrier') await barrier.reach(next.outcome);
          if (next.do === 'undo') {
            const before = place.instance;
            place.install(gates.open(), place.version);
            await before.close();
          }
          if (next.do === 'end') ends.push(slot.end());
        }
        ends.push(slot.end());
        for (let step = 0; step < 4; step++) {
          await gates.go();
          await barrier.reach();
        }
        await Promise.all(ends);
        const swapped = (await Promise.all(answers)).filter((answer) => answer !== null);
        assert.equal(place.version, swapped.at(-1)?.to ?? '1');
        const left = gates.opened.filter((model) => !gates.closed.includes(model));
        assert.deepEqual(left, [place.instance]);
        assert.equal(new Set(gates.closed).size, gates.closed.length);
      }),
      { numRuns: 300 },
    );
  });
});
