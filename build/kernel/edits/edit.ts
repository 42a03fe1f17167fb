// SPDX-License-Identifier: GPL-2.0-only

/** One change to one file of the kernel's source. */
export interface KernelEdit {
  /** path in the source tree */
  file: string;
  /** Takes the file's text, returns the changed one. Throws when the place is not what it was when this was written. */
  apply(text: string): string;
}

export function replaceOnce(text: string, place: string, replacement: string): string {
  const at = text.indexOf(place);
  if (at < 0) throw new Error(`not found: ${place}`);
  if (text.includes(place, at + 1)) throw new Error(`found more than once: ${place}`);
  return text.slice(0, at) + replacement + text.slice(at + place.length);
}
