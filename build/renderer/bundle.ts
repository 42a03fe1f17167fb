/** Bundles the window's page into `.build/renderer/`: a script, its parts, and one document with the sheet in it. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { build as bundleSheet } from 'esbuild';
import { build as bundleScripts, type ChunkingContext, type CodeSplittingNameFunction } from 'rolldown';
import { packagesIn } from '../bundled-packages.ts';
import { svelte } from './svelte.ts';

interface Bundled {
  files: { path: string; contents: Uint8Array | string }[];
  /** paths from the project's folder */
  inputs: string[];
}

const SHEET = 'style.css';

/** Resolves with the packages of npm that are inside. */
export async function bundleRenderer(root: string): Promise<string[]> {
  const place = join(root, '.build', 'renderer');
  const [scripts, sheet] = await Promise.all([scriptsOf(root, place), sheetOf(root)]);
  const source = (name: string): string => readFileSync(join(root, 'renderer', name), 'utf8');
  replace(place, [
    ...scripts.files,
    { path: join(place, 'logo.svg'), contents: source('logo.svg') },
    { path: join(place, 'index.html'), contents: withSheet(source('index.html'), sheet.text) },
  ]);
  return packagesIn([...scripts.inputs, ...sheet.inputs]);
}

/** Rolldown, for it leaves what the parts share with the page's beginning in the first script: one file to wait for. */
async function scriptsOf(root: string, place: string): Promise<Bundled> {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const entry = join(root, 'renderer', 'main.ts');
  const { output } = await bundleScripts({
    cwd: root,
    input: { main: entry },
    resolve: { conditionNames: ['svelte', 'browser', 'production', 'import', 'default'] },
    // Older than Electron 45's Chromium: a browser of these two years does as well.
    transform: { target: 'chrome140', define: { __MVM_VERSION__: JSON.stringify(version) } },
    plugins: [svelte(root)],
    preserveEntrySignatures: false,
    output: {
      format: 'esm',
      minify: true,
      entryFileNames: '[name].js',
      chunkFileNames: '[name]-[hash].js',
      codeSplitting: { groups: [{ name: partOf(entry), debugName: 'part' }] },
    },
    write: false,
    logLevel: 'warn',
    // How long our own plugin takes says nothing to who waits for their first run.
    checks: { bundlerTimings: false },
  });
  const chunks = output.filter((each) => each.type === 'chunk');
  return {
    files: chunks.map(({ fileName, code }) => ({ path: join(place, fileName), contents: code })),
    inputs: chunks.flatMap(({ moduleIds }) => moduleIds.map((path) => relative(root, path).replaceAll('\\', '/'))),
  };
}

/** What the beginning imports without waiting comes with it; what draws terminals, by far the most, has its own part. */
function partOf(entry: string): CodeSplittingNameFunction {
  let first: Set<string> | null = null;
  return (path, bundle) => {
    first ??= importedBy(entry, bundle);
    return first.has(path) ? 'first' : /@xterm|renderer.lib.screen\.ts$/.test(path) ? 'screen' : 'rest';
  };
}

function importedBy(entry: string, bundle: ChunkingContext): Set<string> {
  const reached = new Set([entry]);
  for (const path of reached) for (const next of bundle.getModuleInfo(path)?.importedIds ?? []) reached.add(next);
  return reached;
}

async function sheetOf(root: string): Promise<{ text: string; inputs: string[] }> {
  const { outputFiles, metafile } = await bundleSheet({
    absWorkingDir: root,
    entryPoints: ['renderer/styles/index.css'],
    bundle: true,
    target: 'chrome140',
    minify: true,
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  return { text: outputFiles[0]?.text ?? '', inputs: Object.keys(metafile.inputs) };
}

/** The first picture does not wait for one file more. */
function withSheet(document: string, sheet: string): string {
  const link = `<link rel="stylesheet" href="${SHEET}">`;
  if (!document.includes(link)) throw new Error(`index.html has no ${link}`);
  return document.replace(link, () => `<style>${sheet}</style>`);
}

/** The document comes last and what is of no more use goes then: a window that loads meanwhile finds all it asks for. */
function replace(place: string, files: Bundled['files']): void {
  mkdirSync(place, { recursive: true });
  for (const { path, contents } of files) {
    const partial = `${path}.${process.pid}.partial`;
    writeFileSync(partial, contents);
    renameSync(partial, path);
  }
  const made = new Set(files.map(({ path }) => basename(path)));
  for (const name of readdirSync(place)) if (!made.has(name) && !name.endsWith('.partial')) rmSync(join(place, name));
}
