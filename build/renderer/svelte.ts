/** Svelte for the page's bundle and for the tests of state classes: components, and modules whose state is runes. */
import { relative } from 'node:path';
import { transform } from 'esbuild';

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

/** For Rolldown and Vite. A warning of the compiler fails the build: for the most part it tells of markup that does not work for a reader. */
export const svelte = (root: string) => ({
  name: 'svelte',
  async transform(source: string, path: string): Promise<{ code: string; moduleType: 'js' } | null> {
    const compile = path.endsWith('.svelte') ? compileComponent : path.endsWith('.svelte.ts') ? compileState : null;
    if (!compile) return null;
    const { code, warnings } = await compile(source, relative(root, path));
    if (warnings.length > 0) throw new Error(`${relative(root, path)}: ${warnings.join('; ')}`);
    return { code, moduleType: 'js' };
  },
});
