/** Bundles the window's page into `.build/renderer/`: one script with its parts, and one document with the sheet in it. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { packagesIn } from '../bundled-packages.ts';
import { svelte } from './svelte.ts';

const SHEET = 'style.css';

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
  const source = (name: string): Buffer => readFileSync(join(root, 'renderer', name));
  const sheet = outputFiles.find(({ path }) => basename(path) === SHEET);
  if (!sheet) throw new Error(`the bundle has no ${SHEET}`);
  replace(place, [
    ...outputFiles.filter((file) => file !== sheet),
    { path: join(place, 'logo.svg'), contents: source('logo.svg') },
    { path: join(place, 'index.html'), contents: withSheet(source('index.html').toString(), sheet.text) },
  ]);
  return packagesIn([metafile]);
}

/** The first picture does not wait for one file more. */
function withSheet(document: string, sheet: string): Buffer {
  const link = `<link rel="stylesheet" href="${SHEET}">`;
  if (!document.includes(link)) throw new Error(`index.html has no ${link}`);
  return Buffer.from(document.replace(link, () => `<style>${sheet}</style>`));
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
