/** What is worth interrupting a person for: pure. */
import { printable } from '../vmm/contract/printable.ts';
import type { Machine, ServiceEvent } from '../vmm/contract/types.ts';
import type { Desk } from './desk.ts';

export interface Notice {
  title: string;
  body: string;
  machine: string;
}

/** A run of that length is one for which nobody sat and waited, ms. */
const LONG_MS = 30_000;

const LONGEST_BODY = 200;

/** Nothing that the person is looking at anyway. */
export function noticeOf(event: ServiceEvent, before: Desk, windowShown: boolean): Notice | null {
  if (event.type !== 'machine' || windowShown) return null;
  const { machine } = event;
  const was = before.machines.find(({ id }) => id === machine.id);
  // One that is new here ended before: it comes from the service's memory, not from now.
  if (!was || was.state.name === machine.state.name) return null;
  if (machine.state.name === 'failed') return notice(machine, `${machine.name} failed`, machine.state.error.message);
  if (machine.state.name !== 'stopped' || was.state.name === 'stopping') return null;
  const { programStarted, exited } = machine.timeline;
  const tookMs = programStarted !== undefined && exited !== undefined ? exited - programStarted : 0;
  if (tookMs < LONG_MS) return null;
  const { code, signal } = machine.state.exit;
  const how = signal ? `was ended by ${signal}` : code === 0 ? 'is done' : `ended with exit code ${code}`;
  return notice(machine, `${machine.name} ${how}`, machine.spec.process.argv.join(' '));
}

function notice({ id }: Machine, title: string, body: string): Notice {
  const text = printable(body).replace(/\s+/g, ' ');
  return { title, body: text.length > LONGEST_BODY ? `${text.slice(0, LONGEST_BODY - 1)}…` : text, machine: id };
}
