/** What an earlier service left of a machine: its guest is found again, or what became of it is settled. */
import { toBody } from '../contract/errors.ts';
import type { AgentSession } from '../guest/session.ts';
import type { Boot } from './boot.ts';
import type { Closing } from './closing.ts';
import { lostWhileAway } from './failures.ts';
import type { Ledger } from './ledger.ts';
import type { MachinePorts } from './machine-ports.ts';
import type { Programs } from './programs.ts';
import type { Recording } from './recording.ts';
import type { Session } from './session.ts';
import type { Clock } from './world.ts';

/** What it has to do with of its machine. */
export interface AdoptParts {
  clock: Clock;
  ledger: Ledger;
  ports: MachinePorts;
  recording: Recording;
  programs: Programs;
  closing: Closing;
  /** the machine's boot from now on */
  newBoot(): Boot;
  /** its program has so long from now on, ms; null for ever */
  limitTime(ms: number | null): void;
  /** goes on with a stop that began then, Unix ms */
  goOnStopping(since: number): Promise<void>;
  /** ends it when nobody needs the program's output any more */
  closeAfter(main: Session): Promise<void>;
  /** ends it at once */
  close(): Promise<void>;
  erase(): Promise<void>;
  fail(error: unknown): Promise<unknown>;
}

export async function adopt(parts: AdoptParts): Promise<void> {
  const { ledger, ports } = parts;
  if (!ledger.live) return adoptEnded(parts);
  const boot = parts.newBoot();
  if (!(await boot.adopt(ledger.record.engine))) return settleLost(parts);
  ports.adopt();
  await ledger.inBackground(ports.relay());
  try {
    await meet(parts, boot);
  } catch (error) {
    await parts.fail(error);
  }
}

async function meet(parts: AdoptParts, boot: Boot): Promise<void> {
  const { ledger } = parts;
  const { name } = ledger.machine.state;
  // A guest that stands still cannot be met: it runs for as long as the greeting takes.
  const asleep = name === 'paused' || (await boot.paused());
  if (asleep) await boot.resume();
  adoptProgram(parts, await boot.meetAgent());
  if (asleep && name !== 'stopping') await boot.pause();
  const { state } = ledger.machine;
  if (state.name === 'stopping') void ledger.inBackground(parts.goOnStopping(state.since));
}

function adoptProgram(parts: AdoptParts, agent: AgentSession): void {
  const { clock, ledger } = parts;
  const { id, state } = ledger.machine;
  if (!agent.guest.processes.some((process) => process.id === id)) throw lostWhileAway(ledger.machine);
  if (state.name === 'starting') ledger.apply({ name: 'program-started', at: clock.now() });
  meetPrograms(parts, agent);
  const { spec, timeline } = ledger.machine;
  const { timeoutMs } = spec;
  const ran = clock.now() - timeline.requestedAt;
  parts.limitTime(timeoutMs === null ? null : Math.min(timeoutMs, Math.max(0, timeoutMs - ran)));
}

function meetPrograms({ ledger, recording, programs }: AdoptParts, agent: AgentSession): void {
  recording.beginIfKept(ledger.record.logFrom);
  programs.adopt(agent, ledger.record.foreground);
}

/** The service may have died before the last output of its program was fetched and its engine ended. */
async function adoptEnded(parts: AdoptParts): Promise<void> {
  const { ledger, ports, programs, closing } = parts;
  const { spec, state } = ledger.machine;
  if (ledger.record.engine === null) return spec.ephemeral ? parts.erase() : undefined;
  const boot = parts.newBoot();
  const isThere = await boot.adopt(ledger.record.engine);
  if (!isThere || state.name !== 'stopped') return closing.now('at once');
  ports.adopt();
  try {
    meetPrograms(parts, await boot.meetAgent());
    const { main } = programs;
    if (main) return void ledger.inBackground(parts.closeAfter(main));
  } catch (error) {
    ledger.tell(`what its program printed last cannot be fetched: ${(error as Error).message}`);
  }
  await parts.close();
}

async function settleLost({ clock, ledger, closing }: AdoptParts): Promise<void> {
  const error = toBody(lostWhileAway(ledger.machine));
  ledger.apply({ name: 'failed', error, at: clock.now() });
  await closing.now('at once');
}
