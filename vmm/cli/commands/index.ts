/** Every command by its name, in the order and groups of the overview; each is loaded when it is asked for. */
import type { Command } from '../command.ts';

type Load = () => Promise<Command>;

const groups: { title: string; commands: Record<string, Load> }[] = [
  {
    title: 'Run programs',
    commands: {
      run: async () => (await import('./run.ts')).run as Command,
      exec: async () => (await import('./exec.ts')).exec as Command,
      attach: async () => (await import('./attach.ts')).attach as Command,
      again: async () => (await import('./again.ts')).again as Command,
      history: async () => (await import('./history.ts')).history as Command,
    },
  },
  {
    title: 'Machines',
    commands: {
      ps: async () => (await import('./ps.ts')).ps as Command,
      start: async () => (await import('./start.ts')).start as Command,
      stop: async () => (await import('./stop.ts')).stop as Command,
      restart: async () => (await import('./restart.ts')).restart as Command,
      pause: async () => (await import('./pause.ts')).pause as Command,
      resume: async () => (await import('./resume.ts')).resume as Command,
      kill: async () => (await import('./kill.ts')).kill as Command,
      wait: async () => (await import('./wait.ts')).wait as Command,
      cp: async () => (await import('./cp.ts')).cp as Command,
      rename: async () => (await import('./rename.ts')).rename as Command,
      rm: async () => (await import('./rm.ts')).rm as Command,
    },
  },
  {
    title: 'What they say and do',
    commands: {
      logs: async () => (await import('./logs.ts')).logs as Command,
      port: async () => (await import('./port.ts')).port as Command,
      console: async () => (await import('./console.ts')).console as Command,
      inspect: async () => (await import('./inspect.ts')).inspect as Command,
      stats: async () => (await import('./stats.ts')).stats as Command,
      sessions: async () => (await import('./sessions.ts')).sessions as Command,
      top: async () => (await import('./top.ts')).top as Command,
      events: async () => (await import('./events.ts')).events as Command,
    },
  },
  {
    title: 'Images',
    commands: {
      images: async () => (await import('./images.ts')).images as Command,
    },
  },
  {
    title: 'mvm itself',
    commands: {
      ui: async () => (await import('./ui.ts')).ui as Command,
      doctor: async () => (await import('./doctor.ts')).doctor as Command,
      completion: async () => (await import('./completion.ts')).completion as Command,
      version: async () => (await import('./version.ts')).version as Command,
    },
  },
];

export const commands: Record<string, Load> = Object.assign({}, ...groups.map((group) => group.commands));

/** All of them, for what tells of each. */
export const loadGroups = () =>
  Promise.all(
    groups.map(async ({ title, commands }) => ({
      title,
      commands: await Promise.all(Object.values(commands).map((load) => load())),
    })),
  );
