/** What each call answers with, as a schema: for the API's description, which the service keeps to. */
import { z } from 'zod';
import type { CallName, OutputOf } from '../contract/operations.ts';
import * as shapes from './shapes.ts';

/** Compiles when each schema's type is exactly the contract's. */
function exactly<Schemas extends Record<string, z.ZodType>>(
  schemas: Schemas & {
    [Name in CallName]: shapes.Same<z.output<Schemas[Name]>, OutputOf<Name>> extends true ? z.ZodType : never;
  },
): { [Name in CallName]: z.ZodType } {
  return schemas;
}

const { machine } = shapes;
const settings = z.record(z.string(), z.unknown());

export const answers = exactly({
  openapi: z.record(z.string(), z.unknown()),
  version: shapes.versionInfo,
  doctor: shapes.doctorReport,
  machines: z.object({ machines: z.array(machine) }),
  create: machine,
  machine,
  start: machine,
  restart: machine,
  wait: shapes.machineEnd,
  pause: machine,
  resume: machine,
  rename: machine,
  stats: z.object({ machines: z.array(shapes.machineStats) }),
  stop: machine,
  kill: machine,
  remove: machine,
  ping: z.object({ ms: z.array(z.number()) }),
  top: z.object({ processes: z.array(shapes.guestProcess) }),
  files: shapes.folderListing,
  sessions: z.object({ sessions: z.array(shapes.sessionInfo) }),
  output: shapes.outputText,
  terminals: z.object({ terminals: z.array(shapes.terminal) }),
  openTerminal: shapes.terminal,
  closeTerminal: shapes.terminal,
  images: z.object({ images: z.array(shapes.image) }),
  removeImage: shapes.image,
  settings,
  changeSetting: settings,
  history: z.object({ runs: z.array(shapes.historyEntry) }),
  openPage: z.object({ address: z.string() }),
  closePage: z.object({ wasOpen: z.boolean() }),
  shutdown: z.object({ machines: z.int().min(0) }),
});
