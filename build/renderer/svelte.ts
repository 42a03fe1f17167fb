/** Svelte for esbuild and, for the tests of state classes, for Vite: components, and modules whose state is runes. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { type Plugin, transform } from 'esbuild';

interface Compiled {
  code: string;
  warnings: string[];
}

/** Styles are the application's own sheets, so a component has none. */
async function compileComponent(source: string, filename: string): Promise<Compiled> {
  const { compile } = await import('svelte/compiler');
  const { js, warnings } = compile(source, { filename, generate: 'client', css: 'external', dev: false });
  return { code: js.code, warnings: warnings.map(({ message }) => message) };
}

/** `*.svelte.ts`: types go first, for the compiler of modules reads plain JavaScript. */
async function compileState(source: string, filename: string): Promise<Compiled> {
  const { compileModule } = await import('svelte/compiler');
  const { code } = await transform(source, {
    loader: 'ts',
    target: 'esnext',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true, useDefineForClassFields: true } },
  });
  const { js, warnings } = compileModule(code, { filename, generate: 'client', dev: false });
  return { code: js.code, warnings: warnings.map(({ message }) => message) };
}

/** A warning of the compiler fails the build: it tells of markup that does not work, for the most part for a reader. */
export const svelte = (root: string): Plugin => ({
  name: 'svelte',
  setup(build) {
    build.onLoad({ filter: /\.svelte$/ }, ({ path }) => load(compileComponent, path));
    build.onLoad({ filter: /\.svelte\.ts$/ }, ({ path }) => load(compileState, path));

    async function load(compile: typeof compileState, path: string) {
      const { code, warnings } = await compile(readFileSync(path, 'utf8'), relative(root, path));
      return { contents: code, errors: warnings.map((text) => ({ text, location: { file: path } })) };
    }
  },
});

/** Runes in the tests of state classes, which need no component. */
export const svelteState = {
  name: 'svelte-state',
  async transform(source: string, path: string): Promise<{ code: string } | null> {
    return path.endsWith('.svelte.ts') ? { code: (await compileState(source, path)).code } : null;
  },
};
