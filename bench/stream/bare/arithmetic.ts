// The flights work as one plain loop over columns: hashing, sliding windows and the learner of examples/flights, by hand,
// for these features only, without pipeline, context, state or checks. What an engine could reach at most.

/** Columns of some flights in order. */
export interface FlightColumns {
  readonly length: number;
  /** Milliseconds since 1970. */
  readonly date: ArrayLike<number>;
  readonly delay: ArrayLike<number>;
  readonly distance: ArrayLike<number>;
  readonly origin: readonly string[];
  readonly destination: readonly string[];
}

const FEATURES = 2 ** 18;
const LEARNING_RATE = 0.1;
const EPSILON = 1e-8;
const NORMALISED_MAX = 10;
const Z_MAX = 35;
const HOUR_MS = 3_600_000;
const WINDOW_MS = 2 * HOUR_MS;
const LATE_MINUTES = 15;
/** More than there are flights within a window. */
const RING = 2 ** 16;

const seeds = ['origin', 'destination', 'route', 'hour', 'weekday', 'originHour'].map((name) =>
  hashText(hashText(0x811c9dc5, '1'), name),
);
const known = seeds.map(() => new Map<string | number, number>());
const weights = new Float64Array(FEATURES);
const squares = new Float64Array(FEATURES);
/** Per number: mean, sum of squared deviations, weight, accumulator, scale. */
const numbers = new Float64Array(3 * 5);
const bias = new Float64Array(2);
let examples = 0;

const originNumbers = new Map<string, number>();
const counts = new Int32Array(4_096);
const lates = new Int32Array(4_096);
const ringTimes = new Float64Array(RING);
const ringOrigins = new Int32Array(RING);
const ringLates = new Uint8Array(RING);
let oldest = 0;
let newest = 0;

const indexes = new Int32Array(6);
const values = new Float64Array(3);
const normalised = new Float64Array(3);

/** Learns each flight after it was predicted; gives the probabilities. */
export function learn({ length, date, delay, distance, origin, destination }: FlightColumns): Float64Array {
  const probabilities = new Float64Array(length);
  for (let row = 0; row < length; row++) {
    const time = date[row]!;
    const from = origin[row]!;
    const to = destination[row]!;
    const late = delay[row]! > LATE_MINUTES ? 1 : 0;
    const hours = Math.floor(time / HOUR_MS);
    const hour = hours % 24;
    indexes[0] = hashed(0, from);
    indexes[1] = hashed(1, to);
    indexes[2] = hashed(2, from + to);
    indexes[3] = hashed(3, hour);
    indexes[4] = hashed(4, Math.floor(hours / 24) % 7);
    indexes[5] = hashed(5, from + hour);
    values[0] = distance[row]!;
    countFlight(time, from, late);
    probabilities[row] = step(late);
  }
  return probabilities;
}

/** Fills in the number of departures and the share of late ones, then counts this flight in the latter too. */
function countFlight(time: number, from: string, late: number): void {
  while (oldest < newest && ringTimes[oldest % RING]! <= time - WINDOW_MS) {
    const slot = ringOrigins[oldest % RING]!;
    counts[slot]!--;
    lates[slot]! -= ringLates[oldest % RING]!;
    oldest++;
  }
  let slot = originNumbers.get(from);
  if (slot === undefined) originNumbers.set(from, (slot = originNumbers.size));
  const before = counts[slot]!;
  values[1] = before + 1;
  values[2] = before === 0 ? 0 : lates[slot]! / before;
  counts[slot]!++;
  lates[slot]! += late;
  ringTimes[newest % RING] = time;
  ringOrigins[newest % RING] = slot;
  ringLates[newest % RING] = late;
  newest++;
}

function step(late: number): number {
  let z = bias[0]!;
  for (let at = 0; at < 3; at++) {
    const scaled = (values[at]! - numbers[5 * at]!) * numbers[5 * at + 4]!;
    normalised[at] = scaled > NORMALISED_MAX ? NORMALISED_MAX : scaled < -NORMALISED_MAX ? -NORMALISED_MAX : scaled;
    z += numbers[5 * at + 2]! * normalised[at]!;
  }
  for (let at = 0; at < 6; at++) z += weights[indexes[at]!]!;
  const probability = 1 / (1 + Math.exp(-Math.max(-Z_MAX, Math.min(Z_MAX, z))));
  const error = probability - late;
  examples++;
  adapt(bias, 0, bias, 1, error);
  for (let at = 0; at < 3; at++) {
    const base = 5 * at;
    adapt(numbers, base + 2, numbers, base + 3, error * normalised[at]!);
    const deviation = values[at]! - numbers[base]!;
    numbers[base]! += deviation / examples;
    numbers[base + 1]! += deviation * (values[at]! - numbers[base]!);
    numbers[base + 4] = numbers[base + 1]! > 0 ? Math.sqrt(examples / numbers[base + 1]!) : 0;
  }
  for (let at = 0; at < 6; at++) adapt(weights, indexes[at]!, squares, indexes[at]!, error);
  return probability;
}

/** AdaGrad. */
function adapt(of: Float64Array, at: number, sums: Float64Array, sumAt: number, gradient: number): void {
  const sum = sums[sumAt]! + gradient * gradient;
  sums[sumAt] = sum;
  of[at]! -= (LEARNING_RATE * gradient) / (Math.sqrt(sum) + EPSILON);
}

function hashed(category: number, value: string | number): number {
  const found = known[category]!.get(value);
  if (found !== undefined) return found;
  const index = mix(hashText(seeds[category]!, String(value))) % FEATURES;
  known[category]!.set(value, index);
  return index;
}

/** FNV-1a over UTF-16 units, with a unit 0 at the end. */
function hashText(hash: number, text: string): number {
  let mixed = hash;
  for (let at = 0; at <= text.length; at++) {
    const unit = at === text.length ? 0 : text.charCodeAt(at);
    mixed = Math.imul(mixed ^ (unit & 0xff), 0x01000193);
    mixed = Math.imul(mixed ^ (unit >>> 8), 0x01000193);
  }
  return mixed;
}

function mix(hash: number): number {
  let mixed = hash;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
