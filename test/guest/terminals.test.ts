import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GuestExit } from '../../vmm/guest/messages.ts';
import type { GuestProcess } from '../../vmm/guest/process.ts';
import { Guest } from './guest.ts';
import { nowhere, program } from './program.ts';

describe('a terminal', () => {
  let guest: Guest;
  beforeAll(async () => {
    guest = await Guest.machine();
  });
  afterAll(() => guest.end());

  test('has the size it is given, then the size it is changed to', async () => {
    const terminal = await open('tty; stty size; read x; stty size', { columns: 100, rows: 30 });
    await terminal.shows('30 100\r\n');
    await terminal.process.resize({ columns: 77, rows: 22 });
    terminal.type('\n');
    await terminal.exit;
    expect(terminal.text()).toBe('/dev/pts/0\r\n30 100\r\n\r\n22 77\r\n');
  });

  test('makes ctrl-C a signal and ctrl-D the end of what is typed', async () => {
    const terminal = await open('trap "echo interrupted" INT; cat; echo "cat: $?"; cat; echo end');
    terminal.type('one\n');
    await terminal.shows('one\r\none\r\n');
    terminal.type('\x03');
    await terminal.shows('cat: 130');
    terminal.type('two\n\x04');
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(terminal.text()).toContain('interrupted\r\n');
    expect(terminal.text()).toMatch(/two\r\ntwo\r\nend\r\n$/);
  });

  test('of which nobody types any more ends a shell', async () => {
    const terminal = await open(null);
    await terminal.shows('# ');
    terminal.process.endStdin(0);
    expect(await terminal.exit).toMatchObject({ code: 0 });
  });

  test('is named after its kind unless the caller says otherwise', async () => {
    expect((await guest.run(['sh', '-c', 'echo $TERM'], { tty: true })).stdout).toBe('xterm\r\n');
    const env = ['PATH=/bin', 'TERM=vt100'];
    expect((await guest.run(['/bin/sh', '-c', 'echo $TERM'], { tty: true, env })).stdout).toBe('vt100\r\n');
  });

  /** A shell with a terminal, what it showed, and keys. */
  async function open(script: string | null, size = { columns: 80, rows: 24 }) {
    let shown = '';
    let typed = 0;
    let look = () => {};
    const { promise: exit, resolve } = Promise.withResolvers<GuestExit>();
    const argv = script === null ? ['sh'] : ['sh', '-c', script];
    const process: GuestProcess = await guest.agent.exec(program(argv, { tty: true, stdin: true, size }), {
      ...nowhere,
      output: (_, __, bytes) => {
        shown += bytes.toString();
        look();
      },
      exit: resolve,
    });
    return {
      process,
      exit,
      text: () => shown,
      type(keys: string) {
        process.write(typed, Buffer.from(keys));
        typed += keys.length;
      },
      shows: (text: string) =>
        new Promise<void>((seen) => {
          look = () => {
            if (shown.includes(text)) seen();
          };
          look();
        }),
    };
  }
});
