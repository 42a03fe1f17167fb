/** What history keeps of a run: everything that asks for it again but the values of its variables. */
import type { Machine, NewHistoryEntry, RunRequest } from '../contract/types.ts';
import { variableName } from './spec.ts';

export function newHistoryEntry(request: RunRequest, { id, created, spec }: Machine): NewHistoryEntry {
  const { id: _session, size: _terminal, env, ...asked } = request;
  return {
    at: created,
    machine: id,
    image: request.image,
    argv: spec.process.argv,
    envNames: env.map(variableName),
    request: asked,
  };
}
