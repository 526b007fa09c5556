// What probes and answers say of an instance. Probes: N failures in a row eject, M successes bring back, 503 drains at
// once. Passive: connections that fail and 5xx answers eject for a time. Of a pool only a part is ejected at the same
// time, since when everybody seems ill it is more likely that the probe or the network is.
import type { GatewayEffect } from './events.ts';
import { become, beginDrain, endDrainIfDone, modelOf, startWindow } from './instances.ts';
import type { GatewayState, Instance } from './types.ts';

const EJECT_FACTOR_MAX = 16;

export function takeProbe(
  state: GatewayState,
  instance: Instance,
  verdict: 'good' | 'bad' | 'draining',
  atMs: number,
  effects: GatewayEffect[],
): void {
  const { health } = modelOf(state, instance.pool).config;
  // A probe that was under way when probing was switched off: nobody would ever take back what it says.
  if (!health.probed) return;
  if (verdict === 'draining') {
    instance.probesGood = 0;
    if (instance.state === 'ready' || instance.state === 'ejected') {
      beginDrain(state, instance, 'health', null, atMs, effects);
    }
    return;
  }
  if (verdict === 'bad') {
    instance.probesGood = 0;
    instance.probesBad += 1;
    if (instance.state === 'ready' && instance.probesBad >= health.down) {
      eject(state, instance, `${instance.probesBad} probes failed`, Infinity, atMs, effects);
    }
    // It said that it ends, and now it has ended.
    if (instance.state === 'draining' && instance.drain!.cause === 'health' && instance.probesBad >= health.down) {
      become(instance, 'ejected', 'it ended after it had said so', atMs, effects);
      instance.ejectedUntilMs = Infinity;
    }
    return;
  }
  instance.probesBad = 0;
  instance.probesGood += 1;
  if (instance.probesGood < health.up) return;
  const returns =
    instance.state === 'joining' ||
    (instance.state === 'ejected' && (instance.ejectedUntilMs === Infinity || atMs >= instance.ejectedUntilMs)) ||
    (instance.state === 'draining' && instance.drain!.cause === 'health');
  if (returns) become(instance, 'ready', `${instance.probesGood} probes were answered`, atMs, effects);
}

export function takeAnswer(
  state: GatewayState,
  instance: Instance,
  result: 'ok' | 'error' | 'unreachable',
  atMs: number,
  effects: GatewayEffect[],
): void {
  const { health } = modelOf(state, instance.pool).config;
  if (instance.state !== 'ready') return;
  if (atMs - instance.windowSinceMs >= health.windowMs) startWindow(instance, atMs);
  instance.answers += 1;
  if (result === 'unreachable') {
    instance.connectErrors += 1;
    if (instance.connectErrors >= health.connectErrorsMax) {
      eject(state, instance, `${instance.connectErrors} connections failed`, null, atMs, effects);
    }
    return;
  }
  instance.connectErrors = 0;
  if (result === 'ok') return;
  instance.errors += 1;
  if (instance.answers >= health.requestsMin && instance.errors > health.errorRatioMax * instance.answers) {
    eject(state, instance, `${instance.errors} of ${instance.answers} answers were errors`, null, atMs, effects);
  }
}

/** @param untilMs null: for a time that grows with each ejection; Infinity: until probes are answered */
function eject(
  state: GatewayState,
  instance: Instance,
  why: string,
  untilMs: number | null,
  atMs: number,
  effects: GatewayEffect[],
): void {
  const { health } = modelOf(state, instance.pool).config;
  const members = [...instance.pool.instances.values()];
  const ejected = members.filter((other) => other.state === 'ejected').length;
  const able = members.filter((other) => other.state === 'ready').length;
  if (ejected + 1 > Math.floor(health.ejectedRatioMax * (ejected + able))) {
    startWindow(instance, atMs); // judged again by what comes now
    return;
  }
  instance.ejections += 1;
  instance.ejectedUntilMs =
    untilMs ?? atMs + health.ejectMs * Math.min(EJECT_FACTOR_MAX, 2 ** (instance.ejections - 1));
  become(instance, 'ejected', why, atMs, effects);
}

/** Time has passed: ejections without probes end, drains reach their limits. */
export function takeTime(state: GatewayState, instance: Instance, atMs: number, effects: GatewayEffect[]): void {
  const { health } = modelOf(state, instance.pool).config;
  if (instance.state === 'ejected' && !health.probed && atMs >= instance.ejectedUntilMs) {
    become(instance, 'ready', 'its ejection is over', atMs, effects);
  }
  const { drain } = instance;
  if (instance.state !== 'draining' || drain === null) return;
  if (!drain.requestsCut && atMs >= drain.requestsUntilMs) {
    drain.requestsCut = true;
    if (instance.inFlight > instance.streams) effects.push({ type: 'cut', instance, what: 'requests' });
  }
  if (!drain.streamsCut && atMs >= drain.streamsUntilMs) {
    drain.streamsCut = true;
    if (instance.inFlight > 0) effects.push({ type: 'cut', instance, what: 'streams' });
  }
  endDrainIfDone(instance, atMs, effects);
}

/** When `takeTime` has something to do for it; Infinity: never. */
export function dueAtMs(state: GatewayState, instance: Instance, atMs: number): number {
  const { drain } = instance;
  if (instance.state === 'ejected' && !modelOf(state, instance.pool).config.health.probed)
    return instance.ejectedUntilMs;
  if (instance.state !== 'draining' || drain === null) return Infinity;
  return Math.min(
    drain.sessionsUntilMs > atMs ? drain.sessionsUntilMs : Infinity,
    drain.requestsCut ? Infinity : drain.requestsUntilMs,
    drain.streamsCut ? Infinity : drain.streamsUntilMs,
  );
}
