import { describe, expect, it } from 'vitest';
import { changedWords } from './changed-words.ts';
import { type Dialog, Dialogs } from './dialogs.svelte.ts';
import { pair, RunForm } from './run-form.svelte.ts';

const form = (change: Partial<RunForm> = {}) =>
  Object.assign(new RunForm({ image: 'linux', command: [] }, 'user'), change) as RunForm;
const line = (change: Partial<RunForm>) => form(change).words.join(' ');

describe('the Run sheet', () => {
  it('comes back as it was filled in, also when one that took its place opened another', () => {
    const dialogs = new Dialogs();
    dialogs.show({ is: 'run', draft: {} });
    const filled: Dialog = { is: 'run', draft: { image: 'mine' }, wasFilled: true };
    dialogs.keeps(() => filled);
    dialogs.show({ is: 'palette' });
    dialogs.close();
    dialogs.show({ is: 'keys' });
    dialogs.close();
    expect(dialogs.open).toBe(filled);
    dialogs.keeps(() => filled);
    dialogs.close();
    expect(dialogs.open).toBeNull();
  });

  it('shows what the command line would say, as it changes', () => {
    expect(line({})).toBe('mvm run -it linux');
    expect(line({ show: 'logs' })).toBe('mvm run -d --rm linux');
    expect(line({ name: 'api', command: 'npm run dev' })).toBe('mvm run --rm -it --name api linux npm run dev');
    expect(line({ name: 'api', end: 'keep' })).toBe('mvm run -it --name api linux');
    expect(line({ end: 'keep' })).toBe('mvm run -d -it linux');
  });

  it('asks for what the fields say and leaves the rest to the service', () => {
    const filled = form({
      env: [pair('A', '1=2'), pair()],
      ports: [pair('8080', '80'), pair('', '53/udp')],
      memoryMiB: '256',
      network: 'none',
      tmpfs: [pair('/tmp', 'size=64m,noexec')],
    });
    expect(filled.request('0'.repeat(32))).toMatchObject({
      image: 'linux',
      detach: true,
      remove: true,
      tty: true,
      env: ['A=1=2'],
      ports: [
        { protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 8080, guestPort: 80 },
        { protocol: 'udp', hostAddress: '127.0.0.1', hostPort: 0, guestPort: 53 },
      ],
      memoryBytes: 256 * 1024 * 1024,
      cpus: null,
      network: 'none',
      entrypoint: null,
      tmpfs: [{ path: '/tmp', options: ['size=64m', 'noexec'] }],
    });
  });

  it('reads a mark in a name as the command line does', () => {
    const filled = form({ labels: [pair('a=b', 'c')], tmpfs: [pair('/a:ro', 'size=1m')], env: [pair('A=B', 'c')] });
    expect(filled.words.join(' ')).toBe('mvm run -it -e A=B=c --tmpfs /a:ro:size=1m -l a=b=c linux');
    expect(filled.request('')).toMatchObject({
      labels: { a: 'b=c' },
      tmpfs: [{ path: '/a', options: ['ro:size=1m'] }],
      env: ['A=B=c'],
    });
  });

  it('tells an entrypoint that is replaced by nothing from the image’s own', () => {
    expect(form().request('').entrypoint).toBeNull();
    expect(form({ changesEntrypoint: true }).request('').entrypoint).toBe('');
  });

  it('says what stands in the way before the service is asked', () => {
    expect(form({ image: ' ' }).problem).toBe('An image is needed.');
    expect(form({ command: `echo 'a` }).problem).toContain('quote');
    expect(form({ cpus: 'two' }).problem).toContain('CPUs');
    expect(form({ ports: [pair('web', '80')] }).problem).toContain("'web:80'");
    expect(form().problem).toBeNull();
  });

  it('is filled by a past run as that one was asked for', () => {
    const past = new RunForm(
      { image: 'node:22', command: ['sh', '-c', 'a b'], name: 'api', tty: true, memoryBytes: 2 ** 30, remove: false },
      'user',
    );
    expect(past.words.join(' ')).toBe("mvm run -it --name api -m 1024m node:22 sh -c 'a b'".replace('1024m', '1g'));
  });

  it('keeps of a past run what it has no field for', () => {
    const past = new RunForm({ image: 'linux', command: [], stopSignal: 'USR1', stopGraceMs: 3000 }, 'user');
    expect(past.words.join(' ')).toBe('mvm run -it --stop-signal USR1 --stop-timeout 3s linux');
  });

  it('marks the words that the last change put there', () => {
    const before = form().words;
    const after = form({ ports: [pair('3000', '3000')] }).words;
    expect(after.filter((_, index) => changedWords(before, after)[index])).toEqual(['-p', '3000:3000']);
    expect(changedWords(after, before)).not.toContain(true);
  });
});
