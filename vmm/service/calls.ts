/** The calls of the contract. */
import type { Catalog } from '../../images/catalog/catalog.ts';
import type { ImageLibrary } from '../../images/library.ts';
import { MvmError } from '../contract/errors.ts';
import type { DoctorReport, MachineEnd, MachineState, SessionInfo, VersionInfo } from '../contract/types.ts';
import { listFolder } from '../machine/folder.ts';
import type { Machines } from '../machine/machines.ts';
import { signalName } from '../machine/signals.ts';
import { statsOf } from '../machine/stats.ts';
import type { Terminals } from '../machine/terminals/terminals.ts';
import { topOf } from '../machine/top.ts';
import type { HomePaths } from '../paths.ts';
import type { Events } from './events.ts';
import { describeApi } from './openapi.ts';
import { outputText } from './recordings.ts';
import type { CallHandlers } from './server.ts';
import { changeSetting, readSettings } from './settings.ts';

export interface CallWorld {
  paths: HomePaths;
  machines: Machines;
  images: ImageLibrary;
  terminals: Terminals;
  catalog: Catalog;
  events: Events;
  version: VersionInfo;
  doctor(): Promise<DoctorReport>;
  /** what would be lost if the service ended now */
  underWay(): string[];
  /** the door for browsers */
  page: { open(): Promise<string>; close(): Promise<boolean> };
  /** `successor`: the service's program of the mvm that asked */
  shutdown(successor: string | null): void;
}

const HISTORY_SHOWN = 100;

export function callHandlers({
  paths,
  machines,
  images,
  terminals,
  catalog,
  events,
  version,
  doctor,
  underWay,
  page,
  shutdown,
}: CallWorld): CallHandlers {
  return {
    openapi: () => describeApi(version.version),
    version: () => version,
    doctor,
    machines: () => ({ machines: machines.list() }),
    create: async (request) => {
      const { machine } = await machines.run({ ...request, detach: true }, () => undefined, null);
      return machine.snapshot;
    },
    machine: ({ machine }) => machines.find(machine).snapshot,
    start: ({ machine }) => machines.start(machine),
    restart: ({ machine, graceMs }) => machines.restart(machine, graceMs),
    wait: async ({ machine }, left) => {
      const found = machines.find(machine);
      await found.ended(left);
      left.throwIfAborted();
      return endOf(found.snapshot.state);
    },
    pause: async ({ machine }) => {
      const found = machines.find(machine);
      await found.pause();
      return found.snapshot;
    },
    resume: async ({ machine }) => {
      const found = machines.find(machine);
      await found.resume();
      return found.snapshot;
    },
    rename: ({ machine, name }) => machines.rename(machine, name),
    stats: async ({ machine }) => {
      const asked = machine === undefined ? machines.running() : [machines.find(machine)];
      return { machines: await Promise.all(asked.map((each) => statsOf(each, paths))) };
    },
    stop: async ({ machine, graceMs }) => {
      const found = machines.find(machine);
      await found.stop(graceMs);
      return found.snapshot;
    },
    kill: async ({ machine, signal }) => {
      const found = machines.find(machine);
      await found.kill(signalName(signal ?? 'SIGKILL'));
      return found.snapshot;
    },
    remove: ({ machine, force }) => machines.remove(machine, force ?? false),
    ping: async ({ machine, count }) => {
      const found = machines.find(machine);
      const ms: number[] = [];
      for (let round = 0; round < (count ?? 1); round++) ms.push(await found.runningAgent().ping());
      return { ms };
    },
    top: async ({ machine }) => ({ processes: await topOf(machines.find(machine).runningAgent()) }),
    files: ({ machine, path, after }) => listFolder(machines.find(machine).runningAgent(), path, after ?? ''),
    sessions: ({ machine }) => ({
      sessions: machines.sessions(machine === undefined ? undefined : machines.find(machine)).map(sessionInfo),
    }),
    output: ({ machine, tail }) => outputText(machines.find(machine), paths, tail),
    terminals: () => ({ terminals: terminals.list() }),
    openTerminal: (request) => terminals.open(request),
    closeTerminal: ({ terminal }) => terminals.close(terminal),
    images: () => ({ images: images.list() }),
    removeImage: ({ image }) => images.remove(image),
    settings: () => readSettings(catalog.settings),
    changeSetting: ({ name, value }) => {
      changeSetting(catalog.settings, name, value);
      const settings = readSettings(catalog.settings);
      events.settingsChanged(settings);
      return settings;
    },
    history: ({ limit }) => ({ runs: catalog.history.recent(limit ?? HISTORY_SHOWN) }),
    openPage: async () => ({ address: await page.open() }),
    closePage: async () => ({ wasOpen: await page.close() }),
    shutdown: ({ process: meant, successor }) => {
      if (meant !== undefined) refuseHandOver(meant, version.pid, underWay());
      shutdown(successor ?? null);
      return { machines: machines.live };
    },
  };
}

function refuseHandOver(meant: number, pid: number, underWay: string[]): void {
  if (meant !== pid) throw new MvmError('service.other', `process ${meant} is not this service`);
  if (underWay.length > 0) throw new MvmError('service.busy', `the mvm service is ${underWay.join(', ')}`);
}

function sessionInfo({ machine, session }: ReturnType<Machines['sessions']>[number]): SessionInfo {
  const { id, main, attached } = session;
  const { argv, tty, started } = session.facts;
  return { id, machine: machine.id, main, argv, tty, attached, started };
}

function endOf(state: MachineState): MachineEnd {
  return {
    exit: state.name === 'stopped' ? state.exit : null,
    error: state.name === 'failed' ? state.error : null,
  };
}
