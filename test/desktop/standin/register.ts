/** `node --import register.ts main.cjs`: makes `electron` mean the stand-in, and the process look like Electron's. */
import { readFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { join } from 'node:path';

const { version } = JSON.parse(readFileSync(createRequire(import.meta.url).resolve('electron/package.json'), 'utf8'));
const url = new URL('./electron.ts', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron' ? { url, format: 'module-typescript', shortCircuit: true } : next(specifier, context),
});
Object.defineProperty(process.versions, 'electron', { value: version, enumerable: true });
Object.defineProperty(process, 'type', { value: 'browser' });
Object.defineProperty(process, 'resourcesPath', {
  value: process.env.STANDIN_RESOURCES ?? join(process.cwd(), 'resources'),
});
