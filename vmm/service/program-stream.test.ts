import { EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { CONTROL, decodeFrame, type ServiceControl, STDERR, STDOUT } from '../contract/stream.ts';
import { ClientStream, sessionClient } from './program-stream.ts';

function streamTo(options?: { inOrder: boolean }): { stream: ClientStream; sent: string[] } {
  const sent: string[] = [];
  const socket = Object.assign(new EventEmitter(), {
    OPEN: 1,
    readyState: 1,
    send(data: Uint8Array) {
      const frame = decodeFrame<ServiceControl>(data);
      if (frame?.channel === CONTROL) sent.push(frame.control.type);
      else sent.push(frame ? `${frame.channel}: ${Buffer.from(frame.bytes)}` : 'garbage');
    },
  });
  return { stream: new ClientStream(socket as unknown as WebSocket, options), sent };
}

it("tells a quick program's end after its start and its output, whenever the client gives credit", async () => {
  const { stream, sent } = streamTo();
  const client = sessionClient(stream);
  client.output(STDOUT, Buffer.from('hi'));
  client.end(STDOUT);
  client.end(STDERR);
  client.exit({ code: 0, signal: null, at: 0 }, { requestedAt: 0 });
  await turn();
  expect(sent).toEqual([`${STDERR}: `]);
  stream.announce({ type: 'started', machine: 'm', name: 'n', session: 's' });
  await turn();
  expect(sent).not.toContain('exit');
  stream.credit(STDOUT, 100);
  await turn();
  expect(sent.slice(1)).toEqual(['started', `${STDOUT}: hi`, `${STDOUT}: `, 'exit']);
});

it('sends both outputs in the order in which they came, whichever is granted first', async () => {
  const { stream, sent } = streamTo();
  stream.output(STDOUT, Buffer.from('one'));
  stream.output(STDERR, Buffer.from('two'));
  stream.output(STDOUT, Buffer.from('three'));
  stream.credit(STDOUT, 100);
  stream.credit(STDERR, 100);
  expect(sent).toEqual([`${STDOUT}: one`, `${STDERR}: two`, `${STDOUT}: three`]);
});

it('holds an output up for the other one only in a recording', async () => {
  for (const inOrder of [false, true]) {
    const { stream, sent } = streamTo({ inOrder });
    stream.credit(STDOUT, 100);
    stream.credit(STDERR, 3);
    for (const text of ['two', 'three']) stream.output(STDERR, Buffer.from(text));
    stream.output(STDOUT, Buffer.from('four'));
    expect(sent.slice(1)).toEqual(inOrder ? [] : [`${STDOUT}: four`]);
    stream.credit(STDERR, 100);
    expect(sent.toSorted()).toEqual([`${STDOUT}: four`, `${STDERR}: three`, `${STDERR}: two`]);
  }
});
