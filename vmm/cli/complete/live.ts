/** Names that are there now: from the service, or from its files when it does not run, for tab starts none. */
import { call, type ServiceOptions } from '../../client/connect.ts';
import { runCommandLine } from '../../contract/command-line.ts';
import { MvmError } from '../../contract/errors.ts';
import type { MachineState } from '../../contract/types.ts';
import { size } from '../units.ts';
import { imagesAtRest, machinesAtRest } from './at-rest.ts';
import type { Candidate, Source } from './plan.ts';

export interface Asked {
  home: string;
  env: NodeJS.ProcessEnv;
  /** states in which a machine makes sense here; null: any */
  states: MachineState['name'][] | null;
  current: string;
}

export async function look(source: Source, asked: Asked): Promise<Candidate[]> {
  const service: ServiceOptions = { home: asked.home, entry: null };
  switch (source) {
    case 'machines':
      return machines(service, asked);
    case 'machine paths':
      return (await machines(service, asked)).map(({ value, ...rest }) => ({ ...rest, value: `${value}:` }));
    case 'images':
      return images(service);
    case 'sessions':
      return (await call(service, 'sessions', {})).sessions.map(({ id, argv }) => ({
        value: id.slice(0, 12),
        note: argv.join(' '),
      }));
    case 'runs':
      return (await call(service, 'history', { limit: 50 })).runs.map(({ id, request, envNames, image }) => ({
        value: String(id),
        note: request ? runCommandLine({ ...request, env: envNames }) : image,
      }));
    case 'variables':
      return Object.keys(asked.env).map((value) => ({ value }));
    case 'files':
    case 'folders':
      // The shell finds them better.
      return [];
    default:
      return source satisfies never;
  }
}

/** By name; by id when one is begun. */
async function machines(service: ServiceOptions, { states, current }: Asked): Promise<Candidate[]> {
  const all = await unlessAbsent(
    async () => (await call(service, 'machines', {})).machines,
    () => machinesAtRest(service.home),
  );
  const fitting = all.filter(({ state }) => states?.includes(state.name) ?? true);
  const named = fitting.map((machine) => ({ value: machine.name, note: noteOf(machine) }));
  const begun = current.length >= 2 ? fitting.filter(({ id }) => id.startsWith(current)) : [];
  return [...named, ...begun.map((machine) => ({ value: machine.id.slice(0, 12), note: noteOf(machine) }))];
}

const images = (service: ServiceOptions): Promise<Candidate[]> =>
  unlessAbsent(
    async () => {
      const found = (await call(service, 'images', {})).images;
      return found.map(({ reference, digest, bytes }) => ({ value: reference ?? digest, note: size(bytes) }));
    },
    () => imagesAtRest(service.home).map((value) => ({ value })),
  );

async function unlessAbsent<T, Other>(ask: () => Promise<T>, otherwise: () => Other): Promise<T | Other> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof MvmError && error.code === 'service.absent') return otherwise();
    throw error;
  }
}

const noteOf = ({ spec, state }: { spec: { image: string }; state: { name: string } }): string =>
  `${spec.image}, ${state.name}`;
