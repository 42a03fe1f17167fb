/** `npm run man` writes the manual to .build/man; `man -M .build/man mvm-run` reads it there. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadGroups } from '../../vmm/cli/commands/index.ts';
import { manual } from './pages.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, '.build', 'man', 'man1');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
// https://reproducible-builds.org/specs/source-date-epoch
const built = process.env.SOURCE_DATE_EPOCH ? new Date(Number(process.env.SOURCE_DATE_EPOCH) * 1000) : new Date();

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const [name, text] of manual(await loadGroups(), { version, date: built.toISOString().slice(0, 10) }))
  writeFileSync(join(folder, name), text);
process.stderr.write(`${folder}\n`);
