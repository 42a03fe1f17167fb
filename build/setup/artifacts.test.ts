import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { earlier, type Maker, provide } from './artifacts.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mvm-artifacts-'));
  mkdirSync(join(folder, 'root', 'build'), { recursive: true });
  writeFileSync(join(folder, 'root', 'build', 'recipe'), 'first');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const place = (cache = 'cache') => [join(folder, 'root'), { cache: join(folder, cache), log: () => {} }] as const;

const maker: Maker = {
  name: 'kernel',
  packages: ['gcc'],
  sources: ['build'],
  async make({ cache }) {
    const kernel = join(cache, 'kernel', 'vmlinux');
    mkdirSync(join(cache, 'kernel'), { recursive: true });
    writeFileSync(kernel, 'made');
    return { files: { kernel }, digest: 'abc' };
  },
};

function withTools(): void {
  const tools = join(folder, 'tools');
  mkdirSync(tools, { recursive: true });
  writeFileSync(join(tools, 'gcc'), '');
  vi.stubEnv('PATH', tools);
}

const withoutTools = () => vi.stubEnv('PATH', '');

test('what was built earlier serves where its tools are missing, also from a copied cache', async () => {
  withTools();
  await provide(maker, ...place());
  withoutTools();
  cpSync(join(folder, 'cache'), join(folder, 'copy'), { recursive: true });
  rmSync(join(folder, 'cache'), { recursive: true });
  const made = await provide(maker, ...place('copy'));
  expect(made).toEqual({ files: { kernel: join(folder, 'copy', 'kernel', 'vmlinux') }, digest: 'abc' });
  expect(readFileSync(made.files.kernel ?? '', 'utf8')).toBe('made');
});

test('what was built from other sources does not serve', async () => {
  withTools();
  await provide(maker, ...place());
  withoutTools();
  writeFileSync(join(folder, 'root', 'build', 'recipe'), 'second');
  await expect(provide(maker, ...place())).rejects.toMatchObject({
    code: 'packages.missing',
    message: 'the kernel is not built: it needs gcc',
  });
});

test('a file that was removed from the cache is built again', async () => {
  withTools();
  const { files } = await provide(maker, ...place());
  rmSync(files.kernel ?? '');
  expect(earlier(maker, join(folder, 'root'), join(folder, 'cache'))).toBeNull();
  await provide(maker, ...place());
  expect(existsSync(files.kernel ?? '')).toBe(true);
});
