/**
 * Bundles what runs from a checkout into `.build/`: the CLI, the service with the worker that writes EROFS disks, and
 * the desktop app's main process and preload.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BuildOptions } from 'esbuild';
import { packagesIn } from './bundled-packages.ts';
import { drawTrayIcons } from './icons/draw.ts';

/** Resolves with the packages of npm that are inside. */
export async function bundle(root: string): Promise<string[]> {
  const { build } = await import('esbuild');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const define = { __MVM_VERSION__: JSON.stringify(version) };
  const common: BuildOptions = { ...COMMON, absWorkingDir: root, outdir: join(root, '.build'), define };
  const made = await Promise.all([commandLine, longRunning, desktop].map((options) => build(options(common))));
  drawTrayIcons(join(root, '.build', 'icons'));
  for (const { path, contents } of made.flatMap(({ outputFiles }) => outputFiles ?? [])) replace(path, contents);
  return packagesIn(made.flatMap(({ metafile }) => Object.keys(metafile?.inputs ?? {})));
}

const COMMON: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  external: ['better-sqlite3', 'node-pty'],
  sourcemap: true,
  metafile: true,
  write: false,
  logLevel: 'silent',
};

/** CommonJS: Node starts it 3 ms (a tenth) faster than an ES module. So no top-level await in what it bundles. */
function commandLine(common: BuildOptions): BuildOptions {
  return {
    ...common,
    entryPoints: { cli: 'vmm/cli/main.ts' },
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    define: {
      ...common.define,
      'import.meta.url': 'importMetaUrl',
      'import.meta.dirname': '__dirname',
      'import.meta.filename': '__filename',
    },
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  };
}

/** Bundled CommonJS packages ask for Node's modules through `require`, which an ES module does not have by itself. */
function longRunning(common: BuildOptions): BuildOptions {
  return {
    ...common,
    entryPoints: { service: 'vmm/service/main.ts', 'erofs-worker': 'images/rootfs/worker.ts' },
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
  };
}

/** Electron loads both as CommonJS: a sandboxed preload knows nothing else. */
function desktop(common: BuildOptions): BuildOptions {
  return {
    ...common,
    entryPoints: { 'electron/main': 'electron/main.ts', 'electron/preload': 'electron/preload.ts' },
    external: ['electron'],
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
  };
}

/** A program that starts meanwhile finds the old file or the new one; what did not change keeps its date. */
function replace(path: string, contents: Uint8Array): void {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}.partial`;
  writeFileSync(partial, contents);
  renameSync(partial, path);
}
