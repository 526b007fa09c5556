// 1 / (1 + e^−z) out of additions, multiplications and divisions alone. IEEE 754 fixes the bits of those everywhere,
// which it does not for Math.exp; so a model that learns with this ends with the same bits on every machine.

/** Beyond this the answer is closer to 0 or 1 than is useful, and log loss stays finite. */
const Z_MAX = 35;
const LOG2_E = 1.4426950408889634;
/** The first 32 bits of ln 2, so that its product with a small integer is exact; and what is missing. */
const LN2_HIGH = 2977044471 / 2 ** 32;
const LN2_LOW = 1.9082149292705877e-10;
/** Of the Padé approximant [6/6] of e^r, whose error for |r| ≤ ln 2 / 2 is far below the last bit of a double. */
const EVEN_2 = 5 / 44;
const EVEN_4 = 1 / 792;
const EVEN_6 = 1 / 665280;
const ODD_3 = 1 / 66;
const ODD_5 = 1 / 15840;

const POWER_MAX = 52;
const POWERS_OF_2 = new Float64Array(2 * POWER_MAX + 1);
POWERS_OF_2[POWER_MAX] = 1;
for (let power = 1; power <= POWER_MAX; power++) {
  POWERS_OF_2[POWER_MAX + power] = POWERS_OF_2[POWER_MAX + power - 1]! * 2;
  POWERS_OF_2[POWER_MAX - power] = POWERS_OF_2[POWER_MAX - power + 1]! / 2;
}

/** The logistic function of a finite `z`, which is clamped to ±35: a probability strictly between 0 and 1. */
export function sigmoid(z: number): number {
  const x = z > Z_MAX ? -Z_MAX : z < -Z_MAX ? Z_MAX : -z;
  // e^x = 2^k · e^r with |r| ≤ ln 2 / 2, and e^r = (even + odd) / (even − odd).
  const k = Math.floor(x * LOG2_E + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  const square = r * r;
  const even = 1 + square * (EVEN_2 + square * (EVEN_4 + square * EVEN_6));
  const odd = r * (0.5 + square * (ODD_3 + square * ODD_5));
  const denominator = even - odd;
  return denominator / (denominator + POWERS_OF_2[k + POWER_MAX]! * (even + odd));
}
