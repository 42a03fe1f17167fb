/** Spoils bytes and JSON values at random. */
import type { Random } from '../random.ts';

/** A few changes of single bytes, stretches and tokens. */
export function spoiledBytes(bytes: Buffer, tokens: readonly string[], random: Random): Buffer {
  let spoiled: Buffer = Buffer.from(bytes);
  for (let count = random.below(4); count >= 0; count--) spoiled = spoiledOnce(spoiled, tokens, random);
  return spoiled;
}

function spoiledOnce(bytes: Buffer, tokens: readonly string[], random: Random): Buffer {
  const at = random.below(bytes.length + 1);
  const length = random.below(24);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (random.below(6)) {
    case 0:
      return Buffer.concat([before, Buffer.from([random.below(256)]), after.subarray(1)]);
    case 1:
      return Buffer.concat([before, after.subarray(length)]);
    case 2:
      return Buffer.concat([before, bytes.subarray(random.below(at + 1), at), after]);
    case 3:
      return Buffer.concat([before, Buffer.from(random.pick(tokens), 'latin1'), after.subarray(length)]);
    case 4:
      return random.chance(1, 3) ? before : Buffer.concat([after, before]);
    default:
      return Buffer.concat([before, Buffer.alloc(random.pick([1, 64, 70_000]), random.below(256)), after]);
  }
}

const VALUES = [
  ...[null, true, false, 0, -1, 1.5, 2 ** 53, -(2 ** 31), 1e300, '', ' ', '0', '\0', 'a'.repeat(5000), '🦀', '\ud800'],
  ...[[], {}, [[]], [null], { type: 'run' }, '__proto__', 'constructor', '../..', '/', '::1', 'f'.repeat(32)],
];

/** One part of a JSON value is another, missing, or doubled. */
export function spoiledValue(value: unknown, random: Random): unknown {
  const isNested = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
  if (!isNested || random.chance(1, 6)) return random.pick(VALUES);
  const entries = Object.entries(value);
  const at = random.below(entries.length);
  const [key, inner] = entries[at] as [string, unknown];
  const how = random.below(8);
  if (how === 0) entries.splice(at, 1);
  else if (how === 1) entries.push([String(random.pick(VALUES)), inner]);
  else entries[at] = [key, spoiledValue(inner, random)];
  return Array.isArray(value) ? entries.map(([, each]) => each) : Object.fromEntries(entries);
}
