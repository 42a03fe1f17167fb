import { describe, expect, it } from 'vitest';
import { completeRun } from '../../vmm/contract/run-defaults.ts';
import { STDOUT } from '../../vmm/contract/stream.ts';
import type { HistoryEntry } from '../../vmm/contract/types.ts';
import { App } from './app.svelte.ts';
import { FakeBridge, snapshot } from './fake-bridge.ts';
import { Launch, readLine, suggestions } from './launch.svelte.ts';
import { pinsOf } from './pins.ts';

const timeline = { requestedAt: 0 };

function launched() {
  const bridge = new FakeBridge();
  const app = new App(bridge);
  app.service.connect();
  const events = bridge.last;
  const launch = new Launch(app);
  const shown: string[] = [];
  launch.begin(completeRun({ image: 'linux', command: ['uname'] }), {
    write: (bytes, done) => {
      shown.push(new TextDecoder().decode(bytes as Uint8Array));
      done?.();
    },
  });
  const live = () => events.event(snapshot());
  return { bridge, launch, shown, live, run: bridge.last };
}

describe('the launcher', () => {
  it('shows output and exit code in place', () => {
    const { launch, shown, run } = launched();
    expect(run.said[0]).toMatchObject({ type: 'run', request: { image: 'linux', command: ['uname'], detach: false } });
    run.control({ type: 'started', machine: 'm', name: 'm', session: 'm' });
    expect(launch.phase).toBe('running');
    run.bytes(STDOUT, 'Linux\n');
    run.control({ type: 'exit', exit: { code: 3, signal: null, at: 1 }, timeline });
    expect(run.isClosed).toBe(true);
    expect(shown).toEqual(['Linux\n']);
    expect(launch).toMatchObject({ phase: 'ended', exit: { code: 3 }, refused: null });
  });

  it('goes on after the last byte that came when the service dies and is back', () => {
    const { bridge, launch, live, run } = launched();
    run.control({ type: 'started', machine: 'm', name: 'm', session: 'm' });
    run.bytes(STDOUT, '12345');
    run.end(1006, { code: 'service.absent', message: 'gone' });
    expect(launch.phase).toBe('running');
    live();
    expect(bridge.last).toMatchObject({ name: 'session' });
    expect(bridge.last.said[0]).toEqual({ type: 'resume', stdout: 5, stderr: 0 });
  });

  it('tells a refusal, and is ready for the next line', () => {
    const { launch, run } = launched();
    run.control({ type: 'error', error: { code: 'image.not-found', message: 'there is no image linus' } });
    run.end(1011);
    expect(launch).toMatchObject({ phase: 'ended', refused: { code: 'image.not-found' } });
  });

  it('asks a program to end before it is ended', () => {
    const { launch, run } = launched();
    launch.stop();
    launch.stop();
    expect(run.said.filter(({ type }) => type === 'signal')).toEqual([
      { type: 'signal', signal: 'SIGTERM' },
      { type: 'signal', signal: 'SIGKILL' },
    ]);
  });

  it.each([
    ['alpine', 'alpine', []],
    ['mvm run alpine uname -a', 'alpine', ['uname', '-a']],
    [`linux sh -c 'a b'`, 'linux', ['sh', '-c', 'a b']],
  ])('reads %s as an image and a command', (text, image, command) => {
    expect(readLine(text)).toMatchObject({ wish: { image, command } });
  });

  it.each(['', '-it alpine', `alpine 'x`])('says why it does not run %j', (text) => {
    expect(readLine(text)).toHaveProperty('problem');
  });

  it('offers each past line once as it ran last, but none whose variables are forgotten', () => {
    const past = (at: number, command: string[], envNames: string[] = []): HistoryEntry => {
      const { env: _none, ...request } = completeRun({ image: 'linux', command, name: 'web', detach: true });
      return {
        id: at,
        at,
        machine: null,
        image: 'linux',
        argv: command,
        envNames,
        request,
        exitCode: 0,
        durationMs: 1,
      };
    };
    const found = suggestions([past(9, ['date']), past(8, ['env'], ['TOKEN']), past(7, ['date'])], ['linux']);
    expect(found.map(({ text, at }) => [text, at])).toEqual([
      ['linux date', 9],
      ['linux', null],
    ]);
    expect(found[0]?.wish).toMatchObject({ name: null, detach: false });
  });
});

describe('what is pinned to the tray', () => {
  it('is a row each, though the settings name it twice', async () => {
    const bridge = Object.assign(new FakeBridge(), { desktop: {} as never });
    const app = new App(bridge);
    app.service.connect();
    const line = { image: 'linux', command: ['id'] };
    const settings = { pinnedImages: ['linux', 'linux'], pinnedCommands: [line, line] };
    bridge.last.event(snapshot({ settings }));
    expect(pinsOf(app).map(({ text }) => text)).toEqual(['linux', 'linux id']);
    bridge.answers.changeSetting = {};
    await pinsOf(app)[1]?.takeOff();
    expect(bridge.calls.at(-1)).toEqual({ name: 'changeSetting', input: { name: 'pinnedCommands', value: [] } });
  });
});
