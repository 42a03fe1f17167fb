/** Small changes to foreign source: each knows the text that it replaces, and stops the build where that is not found. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MvmError } from '../vmm/contract/errors.ts';

/** One change to one file. */
export interface SourceEdit {
  /** path in the source tree */
  file: string;
  /** Takes the file's text, returns the changed one. Throws when the place is not what it was when this was written. */
  apply(text: string): string;
}

/** @throws MvmError `build.edit-failed` */
export function editSource(tree: string, edits: readonly SourceEdit[]): void {
  for (const { file, apply } of edits) {
    const path = join(tree, file);
    try {
      writeFileSync(path, apply(readFileSync(path, 'utf8')));
    } catch (cause) {
      throw new MvmError('build.edit-failed', `The edit of ${file} does not fit this source.`, { cause });
    }
  }
}

/** The commonest edits: of a text that must stand in the file exactly once. */
export const replace = (file: string, place: string, replacement: string): SourceEdit => ({
  file,
  apply: (text) => replaceOnce(text, place, replacement),
});
export const insertBefore = (file: string, place: string, added: string): SourceEdit =>
  replace(file, place, added + place);
export const insertAfter = (file: string, place: string, added: string): SourceEdit =>
  replace(file, place, place + added);

export function replaceOnce(text: string, place: string, replacement: string): string {
  const at = text.indexOf(place);
  if (at < 0) throw new Error(`not found: ${place}`);
  if (text.includes(place, at + 1)) throw new Error(`found more than once: ${place}`);
  return text.slice(0, at) + replacement + text.slice(at + place.length);
}
