import { openStream } from '../../client/stream.ts';
import { MvmError } from '../../contract/errors.ts';
import { printable } from '../../contract/printable.ts';
import type { MachineState, ServiceEvent } from '../../contract/types.ts';
import { defineCommand, jsonOption } from '../command.ts';

export const events = defineCommand({
  name: 'events',
  summary: 'Show changes of machines and images as they happen',
  words: '',
  count: { least: 0, most: 0 },
  options: { json: { ...jsonOption, help: 'One JSON document a line: a snapshot first, then every change' } },
  notes: ['Ends with ctrl-C, or with the service.'],
  examples: ['events', 'events --json'],
  async handle(context, { json }) {
    const socket = await openStream(context.service, 'events', {});
    const told = new Map<string, string>();
    socket.on('message', (data: Buffer) => {
      const event = JSON.parse(data.toString()) as ServiceEvent;
      const text = json ? JSON.stringify(event) : line(event, told);
      if (text !== null) context.stdout.write(`${text}\n`);
    });
    context.stdout.on('error', () => socket.close());
    const code = await new Promise<number>((resolve) => socket.on('close', resolve));
    if (code === 1000 || context.stdout.destroyed) return 0;
    throw new MvmError('service.lost', 'the mvm service ended', { hint: 'mvm events watches the next one.' });
  },
});

/** What a person is told of a change; null for one that changes nothing they would name. */
function line(event: ServiceEvent, told: Map<string, string>): string | null {
  switch (event.type) {
    case 'snapshot':
      for (const machine of event.machines) told.set(machine.id, machine.name + stateText(machine.state));
      return null;
    case 'machine': {
      const { id, name, spec, state } = event.machine;
      if (told.get(id) === name + stateText(state)) return null;
      told.set(id, name + stateText(state));
      return said('machine', `${id.slice(0, 12)} ${name} (${spec.image}) ${stateText(state)}`);
    }
    case 'machine-removed':
      told.delete(event.id);
      return said('machine', `${event.id.slice(0, 12)} removed`);
    case 'image':
      return said('image', `${event.image.reference ?? event.image.digest} there`);
    case 'image-removed':
      return said('image', `${event.reference ?? event.digest} removed`);
    case 'history':
    case 'settings':
    case 'terminal':
    case 'terminal-removed':
      return null;
    default:
      return event satisfies never;
  }
}

const said = (kind: string, what: string): string => `${new Date().toISOString()} ${kind} ${printable(what)}`;

function stateText(state: MachineState): string {
  if (state.name === 'stopped') return `stopped (${state.exit.code})`;
  if (state.name === 'failed') return `failed: ${state.error.message}`;
  return state.name;
}
