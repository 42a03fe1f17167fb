/** The terminals that are open, for the service that comes after this one. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Terminal } from '../../contract/types.ts';

interface TerminalsRecord {
  version: 1;
  terminals: Terminal[];
}

export function writeTerminals(path: string, terminals: Terminal[]): void {
  const record: TerminalsRecord = { version: 1, terminals };
  writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function readTerminals(path: string, log: (line: string) => void): Terminal[] {
  if (!existsSync(path)) return [];
  try {
    const record = JSON.parse(readFileSync(path, 'utf8')) as TerminalsRecord;
    return record.version === 1 ? record.terminals : [];
  } catch (error) {
    log(`the terminals of the service before cannot be read: ${(error as Error).message}`);
    return [];
  }
}
