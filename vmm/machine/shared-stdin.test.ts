import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Outbox } from '../contract/outbox.ts';
import { WINDOW } from '../contract/stream.ts';
import { SharedStdin, type Typist } from './shared-stdin.ts';

class Keys implements Typist {
  taken = 0;
  position = 0;
  grantStdin(bytes: number, position: number): void {
    this.taken += bytes;
    this.position = position;
  }
}

function program() {
  let text = '';
  let ended: number | null = null;
  return {
    text: () => text,
    ended: () => ended,
    stdinReceived: 0,
    write(position: number, bytes: Uint8Array) {
      expect(position).toBe(text.length);
      text += Buffer.from(bytes).toString();
    },
    endStdin(position: number) {
      ended = position;
    },
  };
}

describe('the stdin that several share', () => {
  it('takes what each sends in the order in which it comes, and tells each of its own', () => {
    const stdin = new SharedStdin<Keys>();
    const guest = program();
    const [one, two] = [new Keys(), new Keys()];
    stdin.bind(guest);
    stdin.open(one);
    stdin.open(two);
    stdin.write(one, Buffer.from('abc'));
    stdin.write(two, Buffer.from('de'));
    stdin.write(one, Buffer.from('f'));
    expect(guest.text()).toBe('abcdef');
    stdin.consumed(4);
    expect([one.taken, two.taken]).toEqual([3, 1]);
    stdin.consumed(6);
    expect([one.taken, one.position, two.taken, two.position]).toEqual([4, 6, 2, 6]);
  });

  it('lets one who comes back send again what it typed, whatever another typed since it was last told of its own', () => {
    const stdin = new SharedStdin<Typist>();
    const guest = program();
    const outbox = new Outbox();
    const one: Typist = { grantStdin: (bytes, position) => outbox.grant(bytes, position) };
    const two = new Keys();
    stdin.bind(guest);
    outbox.rewind(stdin.open(one).position);
    outbox.grant(WINDOW);
    stdin.open(two);
    stdin.write(two, Buffer.from('another'));
    stdin.consumed(7);
    // The service is gone, and this is with nobody: it is as long as what the other one typed.
    outbox.add(Buffer.from('my word'));
    outbox.take();
    const next = new SharedStdin<Typist>();
    next.bind({ ...guest, stdinReceived: guest.text().length });
    outbox.pause();
    outbox.rewind(next.open(one).position);
    outbox.grant(WINDOW);
    expect(Buffer.concat(outbox.take()).toString()).toBe('my word');
  });

  it('gives the guest no more than a window, however many send', () => {
    const stdin = new SharedStdin<Keys>();
    const guest = program();
    const all = [new Keys(), new Keys(), new Keys()];
    stdin.bind(guest);
    for (const keys of all) {
      stdin.open(keys);
      stdin.write(keys, Buffer.alloc(WINDOW, 'x'));
    }
    expect(guest.text().length).toBe(WINDOW);
    for (let at = WINDOW; guest.text().length < 3 * WINDOW; at = guest.text().length) stdin.consumed(at);
    stdin.consumed(3 * WINDOW);
    expect(all.map(({ taken }) => taken)).toEqual([WINDOW, WINDOW, WINDOW]);
  });

  it('ends after the last byte of whoever ends it', () => {
    const stdin = new SharedStdin<Keys>();
    const guest = program();
    const keys = new Keys();
    stdin.bind(guest);
    stdin.open(keys);
    stdin.write(keys, Buffer.alloc(WINDOW, 'x'));
    stdin.end(keys);
    stdin.leave(keys, 'for good');
    expect(guest.ended()).toBe(WINDOW);
  });

  it('refuses more than was granted', () => {
    const stdin = new SharedStdin<Keys>();
    const keys = new Keys();
    expect(() => stdin.write(keys, Buffer.from('early'))).toThrow('more was sent');
    stdin.open(keys);
    expect(() => stdin.write(keys, Buffer.alloc(WINDOW + 1))).toThrow('more was sent');
  });

  it('drops what one that is lost had not brought to the guest, for it sends that again', () => {
    const stdin = new SharedStdin<Keys>();
    const guest = program();
    const [first, again] = [new Keys(), new Keys()];
    stdin.bind(guest);
    stdin.open(first);
    stdin.write(first, Buffer.alloc(WINDOW, 'x'));
    stdin.consumed(10);
    stdin.write(first, Buffer.from('0123456789'));
    stdin.leave(first, 'lost');
    const { position } = stdin.open(again);
    expect(position).toBe(guest.text().length);
    stdin.consumed(position);
    stdin.write(again, Buffer.from('goes on'));
    expect(guest.text().endsWith('goes on')).toBe(true);
  });

  it('never mixes up, loses or doubles a byte of anyone', () => {
    const chunk = fc.record({ who: fc.nat(2), size: fc.integer({ min: 1, max: 300 }), takes: fc.nat(400) });
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 60 }), (chunks) => {
        const stdin = new SharedStdin<Keys>();
        const guest = program();
        const all = [new Keys(), new Keys(), new Keys()];
        stdin.bind(guest);
        for (const keys of all) stdin.open(keys);
        let consumed = 0;
        const sent = [0, 0, 0];
        for (const { who, size, takes } of chunks) {
          stdin.write(all[who] as Keys, Buffer.alloc(size, String(who)));
          sent[who] = (sent[who] ?? 0) + size;
          consumed = Math.min(guest.text().length, consumed + takes);
          stdin.consumed(consumed);
        }
        stdin.consumed(guest.text().length);
        expect(all.map(({ taken }) => taken)).toEqual(sent);
        for (const who of [0, 1, 2]) expect(guest.text().split(String(who)).length - 1).toBe(sent[who]);
      }),
    );
  });
});
