/** Runs before the page, in a world of its own: gives the page `window.mvm` and nothing else of Electron. */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { Bridge, OpenStream, StreamHandlers, WindowCommand } from '../vmm/contract/bridge.ts';
import { type Answer, ARGUMENT, ASK, type DesktopRequest, HEAR, type StreamNews, TELL } from './channels.ts';

const streams = new Map<number, StreamHandlers>();
let lastStream = 0;

ipcRenderer.on(HEAR.stream, (_event, id: number, news: StreamNews) => {
  const handlers = streams.get(id);
  if (!handlers) return;
  if (news.type === 'closed') {
    streams.delete(id);
    handlers.closed({ code: news.code, error: news.error });
  } else {
    handlers.message(news.data);
    ipcRenderer.send(TELL.taken, id, news.data.length);
  }
});

const listeners = new Set<(command: WindowCommand) => void>();
ipcRenderer.on(HEAR.command, (_event, command: WindowCommand) => {
  for (const listener of listeners) listener(command);
});

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
  },
};

contextBridge.exposeInMainWorld('mvm', bridge);

function open(name: string, input: unknown, handlers: StreamHandlers): OpenStream {
  const id = ++lastStream;
  streams.set(id, handlers);
  ipcRenderer.send(TELL.open, id, name, input);
  return {
    send: (frame) => ipcRenderer.send(TELL.send, id, frame),
    close: () => ipcRenderer.send(TELL.close, id),
  };
}

const askDesktop = <T>(request: DesktopRequest): Promise<T> => ask(ASK.desktop, request);

async function ask<T>(channel: string, ...values: unknown[]): Promise<T> {
  const answer = (await ipcRenderer.invoke(channel, ...values)) as Answer;
  if ('error' in answer) throw answer.error;
  return answer.output as T;
}
