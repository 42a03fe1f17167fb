/** What is shipped that others made, and under which terms: each binary belongs to one of these, or is not shipped. */
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { MvmError } from '../../vmm/contract/errors.ts';
import { binariesIn } from './binaries.ts';
import { type Component, components } from './components.ts';
import { type Builds, type Source, sourcesOf } from './origins.ts';

export interface LicenceOptions {
  root: string;
  /** packages of npm inside our programs */
  bundled: string[];
  builds: Builds;
  /** parts packaged earlier, which have the terms that only Debian holds and the guest's sources; null: this is such a system */
  earlier: string | null;
}

/** An entry of `licences/list.json`. */
export interface Listed {
  name: string;
  licence: string;
  files: string[];
  /** its terms, a file beside the list */
  text: string;
  /** what they ask to be handed out with it */
  sources: Source[];
}

/** Writes `licences/`: a list and the texts. @throws MvmError `package.no-licence`, `package.no-origin` */
export function writeLicences(folder: string, options: LicenceOptions): void {
  const { root, bundled, builds, earlier } = options;
  const place = join(folder, 'licences');
  mkdirSync(place, { recursive: true });
  const before = earlier ? readList(join(earlier, 'licences')) : [];
  const all = [...shippedIn(folder), ...bundled.map((name) => npmComponent(root, name))];
  const listed = all.map((component): Listed => {
    const { name, licence, files } = component;
    const text = `${name.replace(/[^\w.@-]+/g, '-').toLowerCase()}.txt`;
    const terms = termsOf(component, folder, root) ?? earlierTerms(earlier, text);
    if (terms === null) throw new MvmError('package.no-licence', `the terms of ${name} are not on this system`);
    writeFileSync(join(place, text), terms);
    return { name, licence, files, text, sources: originOf(component, builds, before) };
  });
  writeFileSync(join(place, LIST), `${JSON.stringify(listed, null, 2)}\n`);
}

const LIST = 'list.json';

export const readList = (folder: string): Listed[] => JSON.parse(readFileSync(join(folder, LIST), 'utf8'));

/** The guest comes whole from an earlier package, an engine never does. */
function originOf({ name, files, origin }: Component, builds: Builds, before: Listed[]): Source[] {
  if (!origin) return [];
  const isGuests = files.every((file) => file.startsWith('guest/'));
  const own = sourcesOf(origin, builds);
  const sources = own.length > 0 || !isGuests ? own : (before.find((each) => each.name === name)?.sources ?? []);
  if (sources.length > 0) return sources;
  throw new MvmError('package.no-origin', `nobody knows from which source ${name} was made, which its terms ask for`, {
    hint: 'An engine has it in its build.json, as build/engine writes it; what Debian made must be a package of Debian.',
  });
}

/** The components whose files are there; every binary must be of one. */
function shippedIn(folder: string): Component[] {
  const binaries = binariesIn(folder);
  assertVouched(
    binaries,
    components.flatMap(({ files }) => files),
  );
  const isThere = (pattern: string): boolean => binaries.some((file) => matchesGlob(file, pattern));
  return components.filter(({ name, files }) => name === 'mvm' || files.length === 0 || files.some(isThere));
}

/** Around the parts there is Electron, as its own archive has it, with its terms beside it. */
export function checkApp(folder: string, { resources, terms }: { resources: string; terms: string }): void {
  const outside = binariesIn(folder).filter((file) => !join(folder, file).startsWith(join(resources, 'mvm')));
  assertVouched(outside, ELECTRON);
  for (const name of ['LICENSE.electron.txt', 'LICENSES.chromium.html'])
    if (!existsSync(join(terms, name)))
      throw new MvmError('package.no-licence', `this Electron has no ${name}, which must be shipped with it`);
}

const ELECTRON = [
  '{mvm-desktop,chrome-sandbox,chrome_crashpad_handler,mvm.exe}',
  '*.{so,so.*,dll,pak,bin,dat}',
  'locales/*.pak',
  '*.app/Contents/{MacOS/mvm,{Frameworks,Library}/**}',
  '*.app/Contents/Resources/{*.icns,*.lproj/*}',
  // Ours: bundles and drawn icons.
  '{resources,*.app/Contents/Resources}/app.asar',
];

function assertVouched(binaries: string[], patterns: readonly string[]): void {
  const orphans = binaries.filter((file) => !patterns.some((pattern) => matchesGlob(file, pattern)));
  if (orphans.length === 0) return;
  throw new MvmError('package.no-licence', `nobody vouches for ${orphans.join(', ')}`, {
    hint: 'Name its origin and terms in build/package/components.ts.',
  });
}

/** Null when one of its texts is nowhere. */
function termsOf({ texts }: Component, folder: string, root: string): string | null {
  const found = texts.map((places) =>
    [places]
      .flat()
      .map((text) => textFile(text, folder, root))
      .find((path) => existsSync(path)),
  );
  return found.includes(undefined) ? null : found.map((path = '') => readFileSync(path, 'utf8')).join('\n\n');
}

function earlierTerms(earlier: string | null, text: string): string | null {
  const path = join(earlier ?? '', 'licences', text);
  return earlier && existsSync(path) ? readFileSync(path, 'utf8') : null;
}

const textFile = (text: string, folder: string, root: string): string => {
  if (text.startsWith('/')) return text;
  return text === 'LICENSE' || text.startsWith('node_modules/') ? join(root, text) : join(folder, text);
};

/** A package of npm that a bundle holds. */
function npmComponent(root: string, name: string): Component {
  const home = join('node_modules', name);
  const texts = globSync('{LICEN[CS]E,licen[cs]e,COPYING}*', { cwd: join(root, home) }).map((file) => join(home, file));
  const { license = 'unknown' } = JSON.parse(readFileSync(join(root, home, 'package.json'), 'utf8'));
  // Some authors say MIT and leave out the text.
  if (texts.length === 0 && license === 'MIT') texts.push(join(import.meta.dirname, 'mit.txt'));
  return { name, licence: license, files: [], texts: [texts] };
}
