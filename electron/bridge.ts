/** Between the pages and the service: who asks is checked, what may be asked is what the contract has. */
import { type IpcMainEvent, type IpcMainInvokeEvent, ipcMain, type WebContents } from 'electron';
import { call, type ServiceOptions } from '../vmm/client/connect.ts';
import { MvmError, toBody } from '../vmm/contract/errors.ts';
import { type CallName, operations, type StreamName } from '../vmm/contract/operations.ts';
import { type Answer, ASK, HEAR, type StreamNews, TELL } from './channels.ts';
import { Copies } from './copies.ts';
import type { Log } from './log.ts';
import { type Frame, isOurPage } from './sender.ts';
import { Streams } from './streams.ts';

export interface BridgeOptions {
  service: ServiceOptions;
  log: Log;
  /** what a page asks of the desktop itself; it checks its input */
  desktop(page: WebContents, request: unknown): Promise<unknown>;
  /** the page has begun to listen to commands */
  listening(page: WebContents): void;
  offer(page: WebContents, actions: unknown): void;
  dismiss(page: WebContents): void;
}

/** WebSocket's word for a peer that asks for what it may not have (RFC 6455, 7.4.1). */
const POLICY_VIOLATION = 1008;

/** A page does not end the service under the other windows. */
const NOT_FOR_PAGES: readonly CallName[] = ['shutdown'];

export class Bridge {
  readonly #options: BridgeOptions;
  /** what each page has under way */
  readonly #works = new Map<WebContents, { streams: Streams; copies: Copies }>();

  constructor(options: BridgeOptions) {
    this.#options = options;
    this.#answer(ASK.call, (_page, name, input) => this.#call(name, input));
    this.#answer(ASK.desktop, (page, request) => options.desktop(page, request));
    this.#answer(ASK.copy, (page, wish) => this.#workOf(page).copies.copy(wish));
    this.#take(TELL.open, (page, id, name, input) => this.#open(page, id, name, input));
    this.#take(TELL.send, (page, id, frame) => {
      if (!(frame instanceof Uint8Array)) throw invalid('a frame is bytes');
      this.#works.get(page)?.streams.send(Number(id), frame);
    });
    this.#take(TELL.taken, (page, id, length) => this.#works.get(page)?.streams.taken(Number(id), Number(length)));
    this.#take(TELL.close, (page, id) => this.#works.get(page)?.streams.close(Number(id)));
    this.#take(TELL.giveUpCopy, (page, copy) => this.#works.get(page)?.copies.giveUp(copy));
    this.#take(TELL.listening, (page) => options.listening(page));
    this.#take(TELL.offer, (page, actions) => options.offer(page, actions));
    this.#take(TELL.dismiss, (page) => options.dismiss(page));
  }

  /** Programs of the windows that end when their windows do. */
  get programs(): number {
    return [...this.#works.values()].reduce((sum, { streams }) => sum + streams.programs, 0);
  }

  async #call(name: unknown, input: unknown): Promise<unknown> {
    const known = operationNamed(name, 'call');
    if (NOT_FOR_PAGES.includes(known)) throw new MvmError('bridge.refused', `${known} is not for a window`);
    return call(this.#options.service, known, plainObject(input) as never);
  }

  /** A refused stream ends like any other, so that who waits for it need not wait. */
  #open(page: WebContents, id: unknown, name: unknown, input: unknown): void {
    if (typeof id !== 'number' || !Number.isSafeInteger(id)) throw invalid('a stream needs a number');
    try {
      this.#workOf(page).streams.open(id, operationNamed(name, 'stream'), plainObject(input));
    } catch (error) {
      const refused: StreamNews = { type: 'closed', code: POLICY_VIOLATION, error: toBody(error) };
      page.send(HEAR.stream, id, refused);
      throw error;
    }
  }

  /** It ends with the page it belongs to, whether its window closes, its address changes or it is loaded again. */
  #workOf(page: WebContents): { streams: Streams; copies: Copies } {
    const known = this.#works.get(page);
    if (known) return known;
    const { service } = this.#options;
    const work = { streams: new Streams(service, page), copies: new Copies(service, page) };
    this.#works.set(page, work);
    const end = (how: 'leave' | 'cut off'): void => {
      work.streams.end(how);
      work.copies.end();
    };
    page.once('destroyed', () => {
      end('leave');
      this.#works.delete(page);
    });
    page.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
      if (isMainFrame && !isSameDocument) end('cut off');
    });
    page.on('render-process-gone', () => end('cut off'));
    return work;
  }

  #answer(channel: string, handle: (page: WebContents, ...values: unknown[]) => Promise<unknown>): void {
    ipcMain.handle(channel, async (event, ...values): Promise<Answer> => {
      try {
        this.#check(event, channel);
        return { output: await handle(event.sender, ...values) };
      } catch (error) {
        return { error: this.#failed(channel, error) };
      }
    });
  }

  #take(channel: string, handle: (page: WebContents, ...values: unknown[]) => void): void {
    ipcMain.on(channel, (event, ...values) => {
      try {
        this.#check(event, channel);
        handle(event.sender, ...values);
      } catch (error) {
        this.#failed(channel, error);
      }
    });
  }

  #check({ senderFrame }: IpcMainEvent | IpcMainInvokeEvent, channel: string): void {
    if (isOurPage(senderFrame as Frame | null)) return;
    throw new MvmError('bridge.foreign', `${senderFrame?.url ?? 'a page that is gone'} may not ask for ${channel}`);
  }

  /** What the service answered is the page's business; what the bridge refused is also ours. */
  #failed(channel: string, error: unknown) {
    const body = toBody(error);
    if (body.code.startsWith('bridge.') || body.code === 'internal')
      this.#options.log.line(`refused ${channel}: ${body.message}`);
    return body;
  }
}

type OperationOf<Kind> = Kind extends 'call' ? CallName : StreamName;

function operationNamed<Kind extends 'call' | 'stream'>(name: unknown, kind: Kind): OperationOf<Kind> {
  const known = typeof name === 'string' && Object.hasOwn(operations, name);
  if (known && operations[name as keyof typeof operations].kind === kind) return name as OperationOf<Kind>;
  throw new MvmError('bridge.unknown', `there is no ${kind} '${String(name).slice(0, 100)}'`);
}

function plainObject(input: unknown): Record<string, unknown> {
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as Record<string, unknown>;
  throw invalid('an input is an object');
}

const invalid = (message: string): MvmError => new MvmError('bridge.invalid', message);
