import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunDraft } from '../vmm/contract/bridge.ts';
import { exampleMachine as machine } from '../vmm/contract/example-machine.ts';
import { type Deed, type Doer, perform } from './deeds.ts';

const web = machine('web');

const nobody: Doer = {
  service: { home: mkdtempSync(join(tmpdir(), 'mvm-none-')), entry: null },
  machines: () => [web],
  window: () => undefined,
  launcher: () => undefined,
  quit: () => undefined,
  restart: () => undefined,
  failed: () => undefined,
};

/** What a person hears when there is no service that could do it. */
async function toldOf(deed: Deed): Promise<string[]> {
  const told: string[] = [];
  await perform(deed, { ...nobody, failed: (what) => told.push(what) });
  return told;
}

describe('a run that is chosen in the tray', () => {
  it.each<[Partial<RunDraft>, string[]]>([
    [{}, ['launcher run']],
    [{ tty: true }, ['window run']],
    [{ detach: true }, ['window run']],
    [{ detach: true, env: ['TOKEN='] }, ['window fill-run']],
  ])('with %j is begun by %j', async (more, asked) => {
    const begun: string[] = [];
    const doer: Doer = {
      ...nobody,
      window: (command) => begun.push(`window ${command?.type}`),
      launcher: (command) => begun.push(`launcher ${command?.type}`),
    };
    await perform({ type: 'run', request: { image: 'linux', command: [], ...more } }, doer);
    expect(begun).toEqual(asked);
  });
});

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
