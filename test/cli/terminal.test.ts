import { describe, expect, it } from 'vitest';
import { terminal } from '../terminal.ts';
import { eventually, world } from '../world.ts';

describe('a terminal', () => {
  it('is typed into, resized, and left with ctrl-D', async () => {
    const { pty, seen, exited } = terminal(world(), ['run', '-it', 'linux', 'sh']);
    await eventually(() => seen().includes('# '), 'the prompt');
    pty.write('echo $((20 + 22)) from $(tty)\r');
    await eventually(() => seen().includes('42 from /dev/pts/0'), 'the answer');
    pty.write('stty size\r');
    await eventually(() => seen().includes('24 80'), 'the size');
    pty.resize(100, 40);
    await eventually(() => {
      pty.write('stty size\r');
      return seen().includes('40 100');
    }, 'the new size');
    pty.write('exit 6\r');
    expect(await exited).toBe(6);
  });

  it('ends its shell with ctrl-D and interrupts programs with ctrl-C', async () => {
    const { pty, seen, exited } = terminal(world(), ['run', '-it', 'linux', 'sh']);
    await eventually(() => seen().includes('# '), 'the prompt');
    // The program itself says that it runs: an interrupt that comes while the shell forks is lost on any Linux.
    pty.write('sh -c "echo begun; sleep 600"\r');
    await eventually(() => seen().includes('\nbegun'), 'the program');
    pty.write('\x03');
    // The terminal forgets what is typed before the shell has its prompt again.
    await eventually(() => seen().split('# ').length > 2, 'the next prompt');
    pty.write('echo status $?\r');
    await eventually(() => seen().includes('status 130'), 'the interrupted program');
    pty.write('\x04');
    expect(await exited).toBe(0);
  });

  it('is that of who starts its machine again, with its size from the first byte on', async () => {
    const w = world();
    const first = terminal(w, ['run', '-it', '--name', 'box', 'linux', 'sh', '-c', 'stty size; read line']);
    await eventually(() => first.seen().includes('24 80'), 'the size');
    first.pty.write('\r');
    await first.exited;
    const { pty, seen, exited } = terminal(w, ['start', '-ai', 'box'], { rows: 31, cols: 97 });
    await eventually(() => seen().includes('31 97'), 'its own size');
    pty.write('\x10\x11');
    expect(await exited).toBe(0);
    expect((await w.machines())[0]?.state.name).toBe('running');
  });

  it('is had by exec in a running machine as well', async () => {
    const w = world();
    await w.mvm(['run', '-d', '--name', 'web', 'linux', 'sleep', '600']);
    const { pty, seen, exited } = terminal(w, ['exec', '-it', 'web', 'sh']);
    await eventually(() => seen().includes('# '), 'the prompt');
    pty.write('echo inside $((1 + 1)); exit\r');
    expect(await exited).toBe(0);
    expect(seen()).toContain('inside 2');
  });
});
