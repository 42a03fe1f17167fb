import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { configuration } from './builder.ts';

const require = createRequire(import.meta.url);
const builder = createRequire(require.resolve('electron-builder'));
/** The builder's own, by its scheme.json. */
const { validateConfiguration } = builder('app-builder-lib/out/util/config/config.js');
const validate = (config: object): Promise<void> => validateConfiguration(config, { isEnabled: false });

const root = join(import.meta.dirname, '..', '..');
const config = configuration({
  root,
  app: '/app',
  parts: '/parts',
  icons: '/icons',
  out: '/out',
  electronDist: null,
  updates: 'https://mvm.invalid/updates',
  commandLink: '/command-link',
});

it('is a configuration that the builder knows every word of', async () => {
  await validate(config);
  await expect(validate({ ...config, nsis: { ...config.nsis, oneclick: true } })).rejects.toThrow('configuration.nsis');
});

it('makes an installer and an archive for every system', () => {
  expect([config.linux, config.mac, config.win].map((system) => system?.target)).toEqual([
    ['AppImage', 'deb', 'tar.gz'],
    ['dmg', 'zip'],
    ['nsis', 'zip'],
  ]);
});
