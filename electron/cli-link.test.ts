import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandLink, linkPlaces } from './cli-link.ts';

function ground() {
  const folder = mkdtempSync(join(tmpdir(), 'mvm-link-'));
  const command = join(folder, 'app', 'mvm');
  mkdirSync(dirname(command));
  writeFileSync(command, '#!/bin/sh\n');
  chmodSync(command, 0o755);
  const [place = ''] = linkPlaces('linux', folder);
  return { place, command, link: commandLink([place], command, { PATH: dirname(place) }) };
}

describe('mvm on PATH', () => {
  it('is a link to the command, and goes again', async () => {
    const { place, command, link } = ground();
    expect(link.get()).toBe(false);
    await link.set(true);
    expect(readlinkSync(place)).toBe(command);
    expect(link.get()).toBe(true);
    await link.set(true);
    await link.set(false);
    expect([link.get(), existsSync(place)]).toEqual([false, false]);
    await link.set(false);
  });

  it('never takes the place of something else', async () => {
    const { place, link } = ground();
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, 'mine');
    await expect(link.set(true)).rejects.toMatchObject({ code: 'command-line.taken' });
    await link.set(false);
    expect(readFileSync(place, 'utf8')).toBe('mine');
  });

  it('takes the place of a link that an mvm left when it was moved', async () => {
    const { place, command, link } = ground();
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync('/gone/for/good/mvm', place);
    await link.set(true);
    expect(readlinkSync(place)).toBe(command);
  });

  it('says when its folder is not on PATH, and what to do', async () => {
    const { place, command } = ground();
    const link = commandLink([place], command, { PATH: '/usr/bin' });
    await expect(link.set(true)).rejects.toMatchObject({
      code: 'command-line.not-on-path',
      hint: expect.stringContaining('export PATH='),
    });
    expect(link.get()).toBe(true);
  });
});
