/** Runs before the page, in a world of its own: gives the page `window.mvm` and nothing else of Electron. */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type {
  Bridge,
  CopyProgress,
  CopyUnderWay,
  OpenStream,
  StreamHandlers,
  WindowCommand,
} from '../vmm/contract/bridge.ts';
import {
  type Answer,
  ARGUMENT,
  ASK,
  type CopyWish,
  type DesktopRequest,
  HEAR,
  type StreamNews,
  TELL,
} from './channels.ts';

const streams = new Map<number, (news: StreamNews) => void>();
let lastStream = 0;

ipcRenderer.on(HEAR.stream, (_event, id: number, news: StreamNews) => streams.get(id)?.(news));

/** What every page draws first is on its way while the page itself is read; the first that opens `events` has it. */
let early: { id: number; news: StreamNews[] } | null = openEarly();

const listeners = new Set<(command: WindowCommand) => void>();
ipcRenderer.on(HEAR.command, (_event, command: WindowCommand) => {
  for (const listener of listeners) listener(command);
});

const copies = new Map<number, (progress: CopyProgress) => void>();
let lastCopy = 0;
ipcRenderer.on(HEAR.copy, (_event, copy: number, progress: CopyProgress) => copies.get(copy)?.(progress));

const argument = (prefix: string): string =>
  process.argv.find((each) => each.startsWith(prefix))?.slice(prefix.length) ?? '';

const bridge: Bridge = {
  platform: argument(ARGUMENT.platform) as Bridge['platform'],
  version: argument(ARGUMENT.version),
  call: (name, input) => ask(ASK.call, name, input),
  open,
  onCommand(take) {
    listeners.add(take);
    ipcRenderer.send(TELL.listening);
    return () => void listeners.delete(take);
  },
  pathOf: (file) => webUtils.getPathForFile(file) || null,
  desktop: {
    settings: () => askDesktop({ type: 'settings' }),
    change: (change) => askDesktop({ type: 'change', change }),
    choose: (what) => askDesktop({ type: 'choose', what }),
    offer: (actions) => ipcRenderer.send(TELL.offer, actions),
    dismiss: () => ipcRenderer.send(TELL.dismiss),
    copyOut: ({ machine, path }, heard) => beginCopy({ way: 'out', copy: ++lastCopy, machine, path }, heard),
    copyIn({ machine, path }, given, heard) {
      // The page has files and not their paths: so it can name none that nobody gave it.
      const files = given.map((file) => webUtils.getPathForFile(file));
      return beginCopy({ way: 'in', copy: ++lastCopy, machine, path, files }, heard);
    },
  },
};

contextBridge.exposeInMainWorld('mvm', bridge);

function open(name: string, input: unknown, handlers: StreamHandlers): OpenStream {
  const begun = name === 'events' ? early : null;
  if (begun) early = null;
  const id = begun?.id ?? begin(name, input);
  const take = handOver(id, handlers);
  streams.set(id, take);
  // Nobody is called before it has what is returned here.
  if (begun) queueMicrotask(() => begun.news.forEach(take));
  return {
    send: (frame) => ipcRenderer.send(TELL.send, id, frame),
    close: () => ipcRenderer.send(TELL.close, id),
  };
}

function openEarly(): { id: number; news: StreamNews[] } {
  const news: StreamNews[] = [];
  const id = begin('events', {});
  streams.set(id, (each) => news.push(each));
  return { id, news };
}

function begin(name: string, input: unknown): number {
  ipcRenderer.send(TELL.open, ++lastStream, name, input);
  return lastStream;
}

const handOver =
  (id: number, handlers: StreamHandlers) =>
  (news: StreamNews): void => {
    if (news.type === 'closed') {
      streams.delete(id);
      handlers.closed({ code: news.code, error: news.error });
    } else {
      handlers.message(news.data);
      ipcRenderer.send(TELL.taken, id, news.data.length);
    }
  };

function beginCopy(wish: CopyWish, heard: (progress: CopyProgress) => void): CopyUnderWay {
  copies.set(wish.copy, heard);
  const ended = ask<Awaited<CopyUnderWay['ended']>>(ASK.copy, wish);
  return {
    ended: ended.finally(() => copies.delete(wish.copy)),
    giveUp: () => ipcRenderer.send(TELL.giveUpCopy, wish.copy),
  };
}

const askDesktop = <T>(request: DesktopRequest): Promise<T> => ask(ASK.desktop, request);

async function ask<T>(channel: string, ...values: unknown[]): Promise<T> {
  const answer = (await ipcRenderer.invoke(channel, ...values)) as Answer;
  if ('error' in answer) throw answer.error;
  return answer.output as T;
}
