/** Long work told on stderr: one line that is rewritten on a terminal, nothing in a pipe, nothing for what is quick. */
import type { ServiceControl } from '../contract/stream.ts';
import type { Context } from './command.ts';
import { paints } from './output.ts';
import { size } from './units.ts';

/** Work that is done sooner shows nothing, ms. */
const QUICK_MS = 300;

export function progressLine(context: Context): {
  show(message: ServiceControl & { type: 'progress' }): void;
  clear(): void;
} {
  const began = performance.now();
  let drawn = false;
  const clear = () => {
    if (drawn) context.stderr.write('\r\x1b[K');
    drawn = false;
  };
  return {
    clear,
    show({ step, done, total }) {
      if (!context.stderr.isTTY || context.env.TERM === 'dumb' || performance.now() - began < QUICK_MS) return;
      clear();
      context.stderr.write(paints(context.stderr, context.env).dim(`${step}${amount(done, total)}`));
      drawn = true;
    },
  };
}

function amount(done?: number, total?: number): string {
  if (done === undefined) return ' …';
  return total === undefined ? ` ${size(done)}` : ` ${size(done)} of ${size(total)}`;
}
