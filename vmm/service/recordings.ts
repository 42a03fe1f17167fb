/** What was recorded of a machine, from the start or the last lines, and on as it comes. */
import { setTimeout } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { MvmError } from '../contract/errors.ts';
import type { InputOf } from '../contract/operations.ts';
import { CONTROL, type OutputChannel, STDERR, STDOUT } from '../contract/stream.ts';
import type { OutputText } from '../contract/types.ts';
import { readConsole } from '../machine/console.ts';
import type { GuestMachine } from '../machine/machine.ts';
import { readLog } from '../machine/output-log.ts';
import type { OutputRecord, Positions } from '../machine/scrollback.ts';
import { type HomePaths, machinePaths } from '../paths.ts';
import { ClientStream } from './program-stream.ts';

export async function sendLog(
  machine: GuestMachine,
  paths: HomePaths,
  socket: WebSocket,
  {
    follow = false,
    tail,
    since = 0,
    until = Number.POSITIVE_INFINITY,
    times = false,
    stdout = 0,
    stderr = 0,
  }: Omit<InputOf<'logs'>, 'machine'>,
): Promise<void> {
  needLog(machine);
  const stream = outputStream(socket);
  const path = machinePaths(paths, machine.id).output;
  const sent: Positions = { [STDOUT]: stdout, [STDERR]: stderr };
  let caughtUp = true;
  const isWanted = ({ at }: OutputRecord): boolean => at >= since && at <= until;
  const send = (record: OutputRecord): void => {
    if (isWanted(record)) sendFresh(record);
  };
  const sendFresh = ({ channel, at, position, bytes }: OutputRecord): void => {
    const known = Math.max(0, sent[channel] - position);
    const fresh = bytes.subarray(known);
    sent[channel] = Math.max(sent[channel], position + bytes.length);
    if (fresh.length === 0) return;
    if (times) stream.aside({ type: 'written', channel, at, position: position + known });
    stream.output(channel, fresh);
  };
  // A follower that lags reads from disk again: nothing piles up here for it.
  const live = (record: OutputRecord): void => {
    caughtUp &&= stream.idle;
    if (caughtUp) send(record);
  };
  const stop = follow ? machine.log?.onRecord(live) : undefined;
  const records = [...readLog(path)];
  const inTime = records.filter(isWanted);
  const wanted = tail === undefined ? inTime : lastLines(inTime, tail);
  if (follow) stream.control({ type: 'recording', ...beginning(wanted, records, sent) });
  for (const record of wanted) send(record);
  for (const { channel, position, bytes } of records) sent[channel] = Math.max(sent[channel], position + bytes.length);
  const over = new AbortController();
  if (stop) {
    void machine.programEnded(stream.left).then(() => over.abort());
    void isOverWithin(Math.min(until - Date.now(), LONGEST_TIMER_MS), over.signal).then(() => over.abort());
  } else over.abort();
  for (let done = false; !stream.gone && (!done || !caughtUp); ) {
    done = await isOverWithin(FOLLOW_MS, over.signal);
    await stream.drained();
    if (stream.gone || caughtUp) continue;
    caughtUp = true;
    for (const record of readLog(path)) send(record);
  }
  stop?.();
  await end(stream);
}

/** Where of each output the first of these stands: behind all that there is when it has none. */
function beginning(wanted: OutputRecord[], all: OutputRecord[], least: Positions): { stdout: number; stderr: number } {
  const of = (channel: OutputChannel): number => {
    const end = all.findLast((record) => record.channel === channel);
    const first = wanted.find((record) => record.channel === channel);
    return Math.max(least[channel], first?.position ?? (end ? end.position + end.bytes.length : 0));
  };
  return { stdout: of(STDOUT), stderr: of(STDERR) };
}

/** Most bytes of text in one answer; streams have no such bound. */
const MOST_TEXT = 512 * 1024;

export function outputText(machine: GuestMachine, paths: HomePaths, tail?: number): OutputText {
  needLog(machine);
  const all = [...readLog(machinePaths(paths, machine.id).output)];
  const wanted = tail === undefined ? all : lastLines(all, tail);
  const last = lastBytes(wanted, MOST_TEXT);
  const text = (channel: OutputChannel): string =>
    Buffer.concat(last.flatMap((record) => (record.channel === channel ? [record.bytes] : []))).toString('utf8');
  return { stdout: text(STDOUT), stderr: text(STDERR), cut: length(last) < length(all) };
}

function needLog(machine: GuestMachine): void {
  if (!machine.snapshot.spec.ephemeral || machine.log) return;
  throw new MvmError('logs.none', `machine ${machine.snapshot.name} is ephemeral: its output went to its client`, {
    hint: 'Machines started with -d or --name keep their output.',
  });
}

const length = (records: OutputRecord[]): number => records.reduce((sum, { bytes }) => sum + bytes.length, 0);

/** The records that hold the last `most` bytes of both channels together; the first is cut. */
function lastBytes(records: OutputRecord[], most: number): OutputRecord[] {
  let room = most;
  const last: OutputRecord[] = [];
  for (let index = records.length - 1; index >= 0 && room > 0; index--) {
    const record = records[index] as OutputRecord;
    const bytes = record.bytes.subarray(-room);
    room -= bytes.length;
    last.unshift({ ...record, bytes });
  }
  return last;
}

/** Node's, some 24 days. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** How often a follower that lagged looks again, ms. */
const FOLLOW_MS = 200;

async function isOverWithin(ms: number, over: AbortSignal): Promise<boolean> {
  // Its one way to fail is that it is over.
  await setTimeout(ms, undefined, { signal: over }).catch(() => undefined);
  return over.aborted;
}

export async function sendConsole(
  machine: GuestMachine,
  paths: HomePaths,
  socket: WebSocket,
  { follow = false }: { follow?: boolean },
): Promise<void> {
  const stream = outputStream(socket);
  stream.output(STDOUT, readConsole(machinePaths(paths, machine.id).console));
  const stop = follow ? machine.console?.onData((bytes) => stream.idle && stream.output(STDOUT, bytes)) : undefined;
  if (stop) await machine.programEnded(stream.left);
  stop?.();
  await end(stream);
}

/** A stream whose client sends nothing but credit, for both channels. */
function outputStream(socket: WebSocket): ClientStream {
  const stream = new ClientStream(socket, { inOrder: true });
  stream.onFrame((frame) => {
    if (frame.channel !== CONTROL || frame.control.type !== 'credit')
      throw new MvmError('request.invalid', 'this stream takes credit alone');
    stream.credit(frame.control.channel, frame.control.bytes);
  });
  return stream;
}

async function end(stream: ClientStream): Promise<void> {
  await stream.drained();
  stream.close();
}

/** The records that hold the last `count` lines of both channels together; the first is cut where a line begins. */
function lastLines(records: OutputRecord[], count: number): OutputRecord[] {
  let missing = count;
  for (let index = records.length - 1; index >= 0; index--) {
    const record = records[index] as OutputRecord;
    const isLast = index === records.length - 1;
    const start = startOfLines(record.bytes, missing, isLast);
    if (start.found) {
      const bytes = record.bytes.subarray(start.at);
      return [{ ...record, position: record.position + start.at, bytes }, ...records.slice(index + 1)];
    }
    missing = start.missing;
  }
  return records;
}

type Start = { found: true; at: number } | { found: false; missing: number };

/** Where the last `count` lines begin; a newline at the very end closes a line and opens none. */
function startOfLines(bytes: Buffer, count: number, isLast: boolean): Start {
  if (count === 0) return { found: true, at: bytes.length };
  let missing = count;
  let from = isLast && bytes.at(-1) === 10 ? bytes.length - 2 : bytes.length - 1;
  for (; from >= 0; from--) {
    const newline = bytes.lastIndexOf(10, from);
    if (newline < 0) break;
    if (--missing === 0) return { found: true, at: newline + 1 };
    from = newline;
  }
  return { found: false, missing };
}
