import { describe, expect, it } from 'vitest';
import { exampleMachine as machine } from '../vmm/contract/example-machine.ts';
import type { Machine, MachineState } from '../vmm/contract/types.ts';
import { desk } from './example.ts';
import { noticeOf } from './notices.ts';

const failed: MachineState = { name: 'failed', error: { code: 'x', message: 'the kernel\n\u001b[31mpanicked' }, at: 2 };
const ended = (code: number, signal: string | null = null): MachineState => ({
  name: 'stopped',
  exit: { code, signal, at: 2 },
});

function notice(state: MachineState, tookMs: number, before: Machine[] = [machine('web')], windowShown = false) {
  const timeline = { requestedAt: 1, programStarted: 10, exited: 10 + tookMs };
  const changed = machine('web', { state, timeline });
  return noticeOf({ type: 'machine', revision: 2, machine: changed }, desk({ machines: before }), windowShown);
}

describe('a notice', () => {
  it('tells of a machine that failed, in plain words', () => {
    expect(notice(failed, 0)).toMatchObject({ title: 'web failed', body: 'the kernel panicked' });
  });

  it('tells how a long run ended', () => {
    expect(notice(ended(0), 31_000)).toMatchObject({ title: 'web is done', body: 'sleep 60' });
    expect(notice(ended(3), 31_000)?.title).toBe('web ended with exit code 3');
    expect(notice(ended(137, 'SIGKILL'), 31_000)?.title).toBe('web was ended by SIGKILL');
  });

  it('is not made of what the person sees, did, or need not know', () => {
    const running = [machine('web')];
    expect(notice(failed, 0, running, true)).toBeNull();
    expect(notice(ended(0), 29_000)).toBeNull();
    expect(notice(ended(143), 60_000, [machine('web', { state: { name: 'stopping', since: 1 } })])).toBeNull();
    expect(notice(failed, 0, [])).toBeNull();
    expect(notice(failed, 0, [machine('web', { state: failed })])).toBeNull();
  });
});
