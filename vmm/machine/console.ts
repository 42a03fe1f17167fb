/** The guest's serial console, read-only: recorded within bounds, its last lines at hand for errors. */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { printable } from '../contract/printable.ts';
import { BoundedFile, halvesOf } from './bounded-file.ts';

/** Bytes of one half of the recording: a guest that prints for ever fills no disk. */
const HALF = 256 * 1024;
const TAIL = 16 * 1024;

export class Console {
  readonly #listeners = new Set<(bytes: Buffer) => void>();
  readonly #file: BoundedFile;
  readonly #socket: Socket;
  #tail: Buffer;
  /** resolves when the engine closed its end, so that a panic's last words are in */
  readonly ended: Promise<void>;

  constructor(socketPath: string, recording: string) {
    this.#tail = readConsole(recording).subarray(-TAIL);
    this.#file = new BoundedFile(recording, HALF);
    this.#socket = connect(socketPath);
    this.#socket.on('data', (bytes) => this.#take(bytes));
    this.ended = new Promise((resolve) => this.#socket.on('close', () => resolve()));
    // A console that cannot be read is no reason to fail a machine; `close` follows and ends the recording.
    this.#socket.on('error', () => this.#socket.destroy());
    void this.ended.then(() => this.#file.close());
  }

  /** The last lines, without colours and control characters. */
  lastLines(count: number): string[] {
    const lines = printable(this.#tail.toString('latin1')).split('\n');
    return lines.filter((line) => line.trim() !== '').slice(-count);
  }

  onData(listener: (bytes: Buffer) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#tail = Buffer.concat([this.#tail, bytes]).subarray(-TAIL);
    try {
      this.#file.append(bytes);
    } catch {
      // A full disk costs the recording, not the machine: the tail in memory still serves errors.
    }
    for (const listener of this.#listeners) listener(bytes);
  }
}

/** What was recorded, oldest first. */
export const readConsole = (recording: string): Buffer =>
  Buffer.concat(halvesOf(recording).map((half) => readFileSync(half)));
