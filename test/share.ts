/** `npm test` takes a share of what is long, the same each time; `MVM_WHOLE=1 npm test` takes all of it. */
const whole = process.env.MVM_WHOLE === '1';

/** Every third, or all. */
export const share = <T>(all: readonly T[]): readonly T[] => all.filter((_, index) => whole || index % 3 === 0);

/** How many of something a test makes. */
export const amount = (inShare: number, inWhole: number): number => (whole ? inWhole : inShare);

/** For `skipIf` and the name beside it: left to the whole run. */
export const leftOut = !whole;
export const noShare = whole ? '' : ' (skipped: takes minutes, MVM_WHOLE=1 runs it)';
