/** Bundles the window's page into `.build/renderer/`: one script with its parts, one sheet, one document. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { packagesIn } from '../bundled-packages.ts';
import { svelte } from './svelte.ts';

/** Resolves with the packages of npm that are inside. */
export async function bundleRenderer(root: string): Promise<string[]> {
  const place = join(root, '.build', 'renderer');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: { main: 'renderer/main.ts', style: 'renderer/styles/index.css' },
    outdir: place,
    bundle: true,
    splitting: true,
    format: 'esm',
    // Older than Electron 45's Chromium: a browser of these two years does as well.
    target: 'chrome140',
    conditions: ['svelte', 'browser', 'production'],
    chunkNames: 'part-[hash]',
    define: { __MVM_VERSION__: JSON.stringify(version) },
    minify: true,
    write: false,
    metafile: true,
    logLevel: 'silent',
    plugins: [svelte(root)],
  });
  const documents = ['logo.svg', 'index.html'].map((name) => ({
    path: join(place, name),
    contents: readFileSync(join(root, 'renderer', name)),
  }));
  replace(place, [...outputFiles, ...documents]);
  return packagesIn([metafile]);
}

/** The document comes last and what is of no more use goes then: a window that loads meanwhile finds all it asks for. */
function replace(place: string, files: { path: string; contents: Uint8Array }[]): void {
  mkdirSync(place, { recursive: true });
  for (const { path, contents } of files) {
    const partial = `${path}.${process.pid}.partial`;
    writeFileSync(partial, contents);
    renameSync(partial, path);
  }
  const made = new Set(files.map(({ path }) => basename(path)));
  for (const name of readdirSync(place)) if (!made.has(name) && !name.endsWith('.partial')) rmSync(join(place, name));
}
