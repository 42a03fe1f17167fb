/** Engines whose process nobody wrote down: their service died as it spawned them. */
import { rm } from 'node:fs/promises';
import type { EngineProcess, EngineSockets } from '../engine.ts';
import { departure, killAndWait } from './handle.ts';
import { findByWord, kill } from './identity.ts';
import { markOf } from './plan.ts';

/** The folder goes first: an engine that does not listen yet has nowhere to, and ends by itself. */
export async function killStray(sockets: EngineSockets): Promise<EngineProcess[]> {
  await rm(sockets.folder, { recursive: true, force: true });
  return findByWord(markOf(sockets)).filter(kill);
}

/** Resolves when they are gone. */
export async function endStray(sockets: EngineSockets): Promise<void> {
  const killed = await killStray(sockets);
  const unheeded = new AbortController();
  await Promise.all(killed.map((stray) => killAndWait(stray, departure(stray, unheeded.signal))));
}
