/** Which binaries a folder carries, also within archives: by what they begin with, whatever they are called. */
import { isUtf8 } from 'node:buffer';
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join, posix } from 'node:path';
import { memorySource } from '../../images/rootfs/byte-source.ts';
import { readTar } from '../../images/rootfs/tar.ts';

/** Their names from there; what lies in a tar, or in a layer of an image in a tar, is named `TAR!MEMBER`. */
export function binariesIn(folder: string): string[] {
  return filesIn(folder)
    .toSorted()
    .flatMap((file) => {
      const head = headOf(join(folder, file));
      if (isTar(head)) return membersOf(readFileSync(join(folder, file))).map((member) => `${file}!${member}`);
      return isText(head) ? [] : [file];
    });
}

/** Links are none: what they lead to is shipped by its own name, or not at all. */
function filesIn(folder: string, under = ''): string[] {
  return readdirSync(join(folder, under), { withFileTypes: true }).flatMap((each) => {
    const file = posix.join(under, each.name);
    if (each.isDirectory()) return filesIn(folder, file);
    return each.isFile() ? [file] : [];
  });
}

function membersOf(tar: Buffer): string[] {
  return [...readTar(memorySource(tar))].flatMap((entry) => {
    if (entry.kind !== 'file') return [];
    const content = tar.subarray(entry.content.offset, entry.content.offset + entry.content.size);
    const head = content.subarray(0, HEAD);
    if (isTar(head)) return membersOf(content);
    return isText(head) ? [] : [entry.path];
  });
}

/** Bytes. */
const HEAD = 4096;

function headOf(path: string): Buffer {
  const file = openSync(path, 'r');
  const head = Buffer.alloc(HEAD);
  const length = readSync(file, head, 0, HEAD, 0);
  closeSync(file);
  return head.subarray(0, length);
}

const isTar = (head: Buffer): boolean => head.toString('latin1', 257, 262) === 'ustar';

/** The last character may be cut off. */
const isText = (head: Buffer): boolean =>
  !head.includes(0) && [0, 1, 2, 3].some((cut) => isUtf8(head.subarray(0, Math.max(0, head.length - cut))));
