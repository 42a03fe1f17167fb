/** Connects to a socket that a QEMU of ours listens on. */
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** QEMU listens some 20 ms after its start; a watched folder would show the socket before it can be connected to. */
const RETRY_MS = 2;

/** One attempt, or with `awaited` as many as `signal` allows. */
export async function openSocket(path: string, signal: AbortSignal, awaited: boolean): Promise<Socket> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await attempt(path);
    } catch (error) {
      if (!awaited) throw error;
      await pause(RETRY_MS);
    }
  }
}

function attempt(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', reject);
    socket.once('connect', () => resolve(socket.off('error', reject)));
  });
}
