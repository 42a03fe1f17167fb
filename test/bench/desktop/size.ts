import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bound, type Figure } from '../figure.ts';

const BUNDLE = join(import.meta.dirname, '../../../.build/renderer');

/** All scripts of the page, whether a view asks for them or not, and its document, which has the sheet in it. */
export function size(): Figure {
  const files = readdirSync(BUNDLE).filter((name) => /\.(js|html)$/.test(name));
  const bytes = files.reduce((sum, name) => sum + statSync(join(BUNDLE, name)).size, 0);
  return {
    what: 'JavaScript and CSS of the window, minified, uncompressed',
    unit: 'kB',
    samples: [bytes / 1000],
    bound: bound(900),
    command: 'cat .build/renderer/*.js .build/renderer/*.html | wc -c',
  };
}
