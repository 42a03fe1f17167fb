import { describe, expect, it } from 'vitest';
import { exampleMachine as machine } from '../vmm/contract/example-machine.ts';
import { desk, pastRun } from './example.ts';
import { platformOf } from './platform.ts';
import { type MenuEntry, trayMenu } from './tray-menu.ts';

const linux = platformOf('linux');

/** The menu as a person reads it: a line a row, deeper ones indented. */
function read(entries: MenuEntry[], indent = ''): string[] {
  return entries.flatMap((entry): string[] => {
    if (entry === 'line') return [`${indent}--`];
    if ('head' in entry) return [`${indent}(${entry.head})`];
    if ('submenu' in entry) return [indent + entry.label, ...read(entry.submenu, `${indent}  `)];
    return [`${indent}${entry.label}${entry.enabled === false ? ' (grey)' : ''}`];
  });
}

const menu = (more: Parameters<typeof desk>[0], programs = 0): string[] =>
  read(trayMenu({ desk: desk(more), programs, launcherKeys: '' }, linux));

describe("the tray's menu", () => {
  it('has nothing but the ways in and out when nothing runs and nothing ran', () => {
    expect(menu({})).toEqual(['(No machine runs)', '--', 'Open mvm', 'Launcher', 'Settings…', '--', 'Quit']);
  });

  it('has a menu for each live machine, which offers what fits its state', () => {
    const paused = machine('db', { state: { name: 'paused', since: 1, where: 'memory' } });
    const stopped = machine('old', { state: { name: 'stopped', exit: { code: 0, signal: null, at: 1 } } });
    expect(menu({ machines: [machine('web'), paused, stopped] })).toEqual([
      '(1 running, 1 paused)',
      'web',
      ...['New terminal', '--', 'Show', 'Console', '--', 'Pause', 'Restart', 'Stop'].map((label) => `  ${label}`),
      'db · paused',
      ...['New terminal (grey)', '--', 'Show', 'Console', '--', 'Resume', 'Restart (grey)', 'Stop'].map(
        (label) => `  ${label}`,
      ),
      'Pause all',
      '--',
      ...['Open mvm', 'Launcher', 'Settings…'],
      '--',
      'Quit, keep 2 running',
      'Stop all and quit',
    ]);
  });

  it('says which machines end with the app', () => {
    const machines = [machine('web'), machine('mine')];
    expect(menu({ machines }, 1)).toContain('Quit, keep 1 running, end 1');
    expect(menu({ machines: [machine('mine')] }, 1)).toContain('Quit, end 1');
  });

  it('lists the last ten command lines, each once and as it ran last', () => {
    const history = [
      pastRun(30, ['make', 'test']),
      pastRun(29, ['ls']),
      pastRun(28, ['make', 'test'], { exitCode: 2 }),
      ...Array.from({ length: 20 }, (_, index) => pastRun(27 - index, ['echo', String(index)])),
    ];
    const shown = menu({ history });
    const recent = shown.slice(shown.indexOf('(Run again)') + 1, shown.indexOf('Open mvm') - 1);
    expect(recent).toHaveLength(10);
    expect(recent.slice(0, 3)).toEqual(['make test · linux', 'ls · linux', 'echo 0 · linux']);
  });

  it('has what is pinned at hand: an image to look around in, a command line to run', () => {
    const pins = { images: ['alpine:3.20'], commands: [{ image: 'linux', command: ['uname', '-a'] }] };
    expect(menu({ pins })).toEqual(expect.arrayContaining(['(Pinned)', 'alpine:3.20', 'uname -a · linux']));
    const entries = trayMenu({ desk: desk({ pins }), programs: 0, launcherKeys: '' }, linux);
    expect(entries).toContainEqual({
      label: 'alpine:3.20',
      does: { type: 'run', request: { image: 'alpine:3.20', command: [], tty: true, stdin: true } },
    });
  });

  it('runs again with everything that was asked for, and asks for the values of variables', () => {
    const history = [pastRun(1, ['env'], { envNames: ['TOKEN'] })];
    const entries = trayMenu({ desk: desk({ history }), programs: 0, launcherKeys: '' }, linux);
    expect(entries).toContainEqual({
      label: 'env · linux',
      does: { type: 'run', request: { image: 'linux', command: ['env'], entrypoint: '', env: ['TOKEN='] } },
    });
  });

  it('keeps a label one short line, whatever was run', () => {
    const history = [pastRun(2, ['sh', '-c', 'a & b\n\u001b[31m\u202Ered']), pastRun(1, ['x'.repeat(100)])];
    const shown = menu({ history });
    expect(shown).toContain('sh -c a && b [31m red · linux');
    expect(shown.find((label) => label.startsWith('xx'))).toHaveLength(48);
    const onMac = trayMenu({ desk: desk({ history }), programs: 0, launcherKeys: '' }, platformOf('darwin'));
    expect(read(onMac)).toContain('sh -c a & b [31m red · linux');
  });

  it('says that the service is not there, and keeps what it knew', () => {
    expect(menu({ connected: false, machines: [machine('web')] }).slice(0, 2)).toEqual([
      '(The mvm service is not there)',
      'web',
    ]);
  });
});
