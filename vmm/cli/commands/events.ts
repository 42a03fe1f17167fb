import { openStream } from '../../client/stream.ts';
import { MvmError } from '../../contract/errors.ts';
import { printable } from '../../contract/printable.ts';
import type { Image, Machine, MachineState, ServiceEvent } from '../../contract/types.ts';
import { defineCommand, jsonOption } from '../command.ts';
import { filter, filterOption, hasLabel, type Test } from '../filter.ts';

/** A change as a person would name it. */
interface Change {
  type: 'machine' | 'image';
  id: string;
  name: string;
  /** of a machine its image, of an image itself */
  image: string;
  labels: Record<string, string>;
  /** what came about: a machine's state, `there` or `removed` */
  event: string;
  /** the same with what belongs to it */
  told: string;
}

const equals =
  (field: (change: Change) => string): Test<Change> =>
  (value) =>
  (change) =>
    field(change) === value;

const TYPES = ['machine', 'image'];

const tests: Record<string, Test<Change>> = {
  type: (value) => {
    // docker's word for it.
    const type = value === 'container' ? 'machine' : value;
    if (!TYPES.includes(type)) throw new MvmError('usage', `--filter: type is ${TYPES.join(' or ')}`);
    return (change) => change.type === type;
  },
  machine: (value) => (change) => change.type === 'machine' && (change.name === value || startsId(change.id, value)),
  image: equals(({ image }) => image),
  event: equals(({ event }) => event),
  label: (value) => {
    const has = hasLabel(value);
    return ({ labels }) => has(labels);
  },
};

const startsId = (id: string, value: string): boolean => value.length >= 4 && id.startsWith(value);

export const events = defineCommand({
  name: 'events',
  summary: 'Show changes of machines and images as they happen',
  words: '',
  count: { least: 0, most: 0 },
  options: {
    filter: filterOption(
      Object.keys(tests),
      TYPES.map((type) => `type=${type}`),
    ),
    json: { ...jsonOption, help: 'One JSON document a line: a snapshot first, then every change' },
  },
  notes: [
    'Filters: type is machine or image, machine a name or the start of an id, image a name, event what came about, such as running, stopped or removed, label KEY or KEY=VALUE. Several of one key are alternatives, but labels must all be there. With a filter and --json there is no snapshot.',
    'Ends with ctrl-C, or with the service.',
  ],
  examples: ['events', 'events --filter machine=web --filter event=stopped', 'events --json'],
  async handle(context, { filter: filters, json }) {
    const known = new Map<string, Change>();
    const isWanted = (change: Change): boolean => filter([change], filters, { tests, every: ['label'] }).length > 0;
    // What is no filter is refused before anything is waited for.
    filter([], filters, { tests });
    const socket = await openStream(context.service, 'events', {});
    socket.on('message', (data: Buffer) => {
      const event = JSON.parse(data.toString()) as ServiceEvent;
      const change = changeOf(event, known);
      const isShown = filters.length === 0 ? json || change !== null : change !== null && isWanted(change);
      if (isShown) context.stdout.write(`${json || change === null ? JSON.stringify(event) : line(change)}\n`);
    });
    context.stdout.on('error', () => socket.close());
    const code = await new Promise<number>((resolve) => socket.on('close', resolve));
    if (code === 1000 || context.stdout.destroyed) return 0;
    throw new MvmError('service.lost', 'the mvm service ended', { hint: 'mvm events watches the next one.' });
  },
});

/** Null for what changes nothing that a person would name. `known`: the machines there are, as they were last. */
function changeOf(event: ServiceEvent, known: Map<string, Change>): Change | null {
  switch (event.type) {
    case 'snapshot':
      for (const machine of event.machines) known.set(machine.id, ofMachine(machine));
      return null;
    case 'machine': {
      const change = ofMachine(event.machine);
      const before = known.get(change.id);
      known.set(change.id, change);
      return before?.name === change.name && before.told === change.told ? null : change;
    }
    case 'machine-removed': {
      const { id } = event;
      const last = known.get(id) ?? { type: 'machine', id, name: '', image: '', labels: {} };
      known.delete(id);
      return { ...last, event: 'removed', told: 'removed' };
    }
    case 'image':
      return ofImage(event.image, 'there', event.image.config.labels);
    case 'image-removed':
      return ofImage(event, 'removed', {});
    case 'history':
    case 'settings':
    case 'terminal':
    case 'terminal-removed':
      return null;
    default:
      return event satisfies never;
  }
}

function ofMachine({ id, name, spec, state }: Machine): Change {
  const { image, labels } = spec;
  return { type: 'machine', id, name, image, labels, event: state.name, told: stateText(state) };
}

function ofImage(
  { reference, digest }: Pick<Image, 'reference' | 'digest'>,
  event: string,
  labels: Record<string, string>,
): Change {
  const name = reference ?? digest;
  return { type: 'image', id: digest, name, image: name, labels, event, told: event };
}

function line({ type, id, name, image, told }: Change): string {
  const what = type === 'image' ? name : `${id.slice(0, 12)} ${name} (${image})`;
  return `${new Date().toISOString()} ${type} ${printable(`${what} ${told}`)}`;
}

function stateText(state: MachineState): string {
  if (state.name === 'stopped') return `stopped (${state.exit.code})`;
  if (state.name === 'failed') return `failed: ${state.error.message}`;
  return state.name;
}
