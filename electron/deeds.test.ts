import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Deed, type Doer, perform } from './deeds.ts';
import { machine } from './example.ts';

const web = machine('web');

/** What a person hears when there is no service that could do it. */
async function toldOf(deed: Deed): Promise<string[]> {
  const told: string[] = [];
  const doer: Doer = {
    service: { home: mkdtempSync(join(tmpdir(), 'mvm-none-')), entry: null },
    machines: () => [web],
    window: () => undefined,
    launcher: () => undefined,
    quit: () => undefined,
    restart: () => undefined,
    failed: (what) => told.push(what),
  };
  await perform(deed, doer);
  return told;
}

describe('a deed of the tray that fails', () => {
  it.each<[Deed, string]>([
    [{ type: 'stop', machine: web.id }, 'web was not stopped'],
    [{ type: 'pause-all' }, 'web was not paused'],
    [{ type: 'stop-all-and-quit' }, 'web was not stopped'],
    [{ type: 'terminal', machine: web.id }, 'No terminal was opened in web'],
    [{ type: 'restart', machine: 'gone' }, 'The machine was not restarted'],
  ])('%j says of which machine', async (deed, what) => {
    expect(await toldOf(deed)).toEqual([what]);
  });
});
