// Version and state of every model: part of each epoch, so that outputs can be traced to what made them.
import type { ModelStamp } from './chain.ts';
import { ModelSlot } from './slots.ts';
import type { Slot } from './slots.ts';

/** By the model's name. */
export function modelStamps(slots: readonly Slot[]): Readonly<Record<string, ModelStamp>> {
  const models = slots.filter((slot) => slot instanceof ModelSlot);
  return Object.fromEntries(
    models.map(({ model, version, instance }) => [model, { version, frozen: !instance.learning }]),
  );
}
