// Planted bugs: wrong cores that the simulator must catch. A harness that finds none of them proves nothing.
import { step } from '../../../gateway/core.ts';
import type { GatewayStepFunction } from './gateway.ts';

export const PLANTED_IN_GATEWAY: Readonly<Record<string, GatewayStepFunction>> = {
  /** When nobody is ready, whoever drains gets the work: what other gateways do in a panic. */
  'panic-to-draining': (state, event) => {
    const result = step(state, event);
    const refusal = result.effects.find((effect) => effect.type === 'refuse' && effect.reason === 'no-instance');
    if (event.type !== 'arrived' || refusal?.type !== 'refuse') return result;
    const draining = [...state.instances.values()].find((instance) => instance.state === 'draining');
    if (!draining) return result;
    return { ...result, effects: [{ type: 'send', ticket: event.ticket, instance: draining }] };
  },
  /** Who waits is not counted when the client leaves. */
  'left-not-counted': (state, event) => {
    const before = state.totals.left;
    const result = step(state, event);
    state.totals.left = before;
    return result;
  },
  /** The same instance is tried again. */
  'same-instance-again': (state, event) => {
    const result = step(state, event);
    if (event.type !== 'again') return result;
    const instance = state.instances.get(event.instance);
    const refusal = result.effects.find((effect) => effect.type === 'refuse');
    if (!instance || !refusal) return result;
    return { ...result, effects: [{ type: 'send', ticket: event.ticket, instance }] };
  },
  /** Streams are never cut. */
  'streams-for-ever': (state, event) => {
    const result = step(state, event);
    return {
      ...result,
      effects: result.effects.filter((effect) => effect.type !== 'cut' || effect.what !== 'streams'),
    };
  },
  /** A second word makes a drain longer. */
  'drain-lengthens': (state, event) => {
    const result = step(state, event);
    if (event.type !== 'drainAsked') return result;
    const drain = state.instances.get(event.instance)?.drain;
    if (drain) drain.streamsUntilMs = Math.max(drain.streamsUntilMs, event.atMs + 1e6);
    return result;
  },
  /** An instance leaves while requests are in flight on it. */
  'gone-too-early': (state, event) => {
    const result = step(state, event);
    if (event.type !== 'drainAsked') return result;
    const instance = state.instances.get(event.instance);
    if (instance?.state !== 'draining' || instance.inFlight === 0) return result;
    return { ...result, effects: [...result.effects, { type: 'forget', instance, stays: true }] };
  },
  /** The queue forgets who waits when the last instance goes. */
  'queue-forgotten': (state, event) => {
    const result = step(state, event);
    if (event.type !== 'drainAsked') return result;
    return { ...result, effects: result.effects.filter((effect) => effect.type !== 'refuse') };
  },
};
