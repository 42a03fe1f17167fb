/** Builds the kernel alone: `node build/kernel/main.ts [CACHE]`. */
import { buildKernel } from './build.ts';

const cache = process.argv[2] ?? '.build';
let said = '';
const { vmlinux } = await buildKernel({
  cache,
  log: (text) => {
    if (text !== said) process.stderr.write(`kernel: ${text}, ${Math.round(performance.now() / 1000)} s\n`);
    said = text;
  },
});
console.log(vmlinux);
