/** `app`: its life, its folders, and that there is one of it. */
import { spawnSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Chromium, startChromium } from './chromium.ts';
import { tell } from './record.ts';
import { windows } from './windows.ts';

const root = process.cwd();
const userData = process.env.STANDIN_USER_DATA ?? '';
mkdirSync(userData, { recursive: true });

/** Sends its words to the first instance; exit code 0 when there is one. */
const KNOCK = `
  const socket = require('net').connect(process.argv[1]);
  socket.on('error', () => process.exit(1));
  socket.on('connect', () => socket.end(process.argv[2], () => process.exit(0)));
`;

class App extends EventEmitter {
  readonly isPackaged = process.env.STANDIN_PACKAGED === '1';
  readonly name = 'mvm';
  #ready = false;
  #lock: Server | null = null;
  #quitting = false;
  #login = { openAtLogin: false };
  readonly chromium: Promise<Chromium>;
  readonly #whenReady: Promise<void>;

  constructor() {
    super();
    // After the main script ran, as Electron has it; an instance that lost starts no browser.
    const begun = new Promise((resolve) => setImmediate(resolve));
    this.chromium = begun.then(() => (this.#quitting ? new Promise<never>(() => {}) : startChromium(userData)));
    this.#whenReady = this.chromium.then(({ address }) => {
      this.#ready = true;
      tell('ready', { address });
      this.emit('ready');
    });
    this.#whenReady.catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
  }

  whenReady(): Promise<void> {
    return this.#whenReady;
  }

  isReady(): boolean {
    return this.#ready;
  }

  getVersion(): string {
    return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
  }

  getAppPath(): string {
    return process.env.STANDIN_APP_PATH ?? root;
  }

  getPath(name: string): string {
    const known: Record<string, string> = {
      userData,
      home: homedir(),
      exe: process.execPath,
      downloads: join(homedir(), 'Downloads'),
    };
    const path = known[name];
    if (!path) throw new Error(`Failed to get '${name}' path`);
    return path;
  }

  enableSandbox(): void {
    if (this.#ready) throw new Error('app.enableSandbox() can only be called before app is ready');
  }

  setAsDefaultProtocolClient(scheme: string): boolean {
    tell('protocol-client', { scheme });
    return true;
  }

  getLoginItemSettings(): { openAtLogin: boolean } {
    return { ...this.#login };
  }

  setLoginItemSettings(settings: { openAtLogin: boolean }): void {
    this.#login = { openAtLogin: settings.openAtLogin };
    tell('login-item', settings);
  }

  relaunch(): void {
    tell('relaunch');
  }

  /** Real: a second process loses, and the first gets its words. */
  requestSingleInstanceLock(): boolean {
    const socket = join(userData, 'instance');
    const words = JSON.stringify(process.argv);
    if (spawnSync(process.execPath, ['-e', KNOCK, socket, words]).status === 0) return false;
    rmSync(socket, { force: true });
    this.#lock = createServer((client) => {
      let text = '';
      client.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      client.on('end', () => this.emit('second-instance', {}, JSON.parse(text), root));
      client.on('error', () => client.destroy());
    });
    this.#lock.listen(socket).unref();
    return true;
  }

  quit(): void {
    if (this.#quitting) return;
    if (this.#refused('before-quit')) return;
    for (const window of [...windows]) if (!window.askToClose()) return;
    this.#quitting = true;
    this.emit('will-quit', {});
    this.exit(0);
  }

  exit(code = 0): void {
    this.#quitting = true;
    this.#lock?.close();
    this.emit('quit', {}, code);
    // Whoever caused it hears first that it worked.
    setImmediate(() => {
      if (process.connected) process.send?.({ event: 'exit' }, () => process.exit(code));
      else process.exit(code);
    });
  }

  allWindowsClosed(): void {
    if (this.#quitting) return;
    if (!this.emit('window-all-closed')) this.quit();
  }

  #refused(event: string): boolean {
    let refused = false;
    this.emit(event, { preventDefault: () => (refused = true) });
    return refused;
  }
}

export const app = new App();

process.on('SIGTERM', () => app.quit());
// The test that watched it is gone.
process.on('disconnect', () => app.exit(0));
