// 64 bits of a task's id, by which tasks that ended are remembered. Two lanes of multiply and rotate, each mixed at the
// end so that every bit of the text reaches every bit of the hash; among ten million ids two are equal with a
// probability of about 3 in a million, and then one unfinished task would be taken for an ended one.

/** Writes the hash into `into[0]` and `into[1]`; never both zero, which means "nothing" in the table. */
export function hashId(id: string, into: Uint32Array): void {
  let a = 0x9e3779b9 ^ id.length;
  let b = 0x85ebca6b;
  for (let index = 0; index < id.length; index++) {
    const unit = id.charCodeAt(index);
    a = Math.imul(a ^ unit, 0x21f0aaad);
    a = (a << 15) | (a >>> 17);
    b = Math.imul(b ^ unit, 0x735a2d97);
    b = ((b << 13) | (b >>> 19)) + a;
  }
  a = mixed(a ^ Math.imul(b, 0x9e3779b1));
  b = mixed(b ^ Math.imul(a, 0x85ebca77));
  into[0] = a;
  into[1] = a === 0 && b === 0 ? 1 : b;
}

function mixed(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}
