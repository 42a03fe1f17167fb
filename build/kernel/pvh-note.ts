/** Whether a 64-bit little-endian ELF file says where a PVH loader enters it. Without this QEMU cannot start it. */
export function hasPvhNote(elf: Buffer): boolean {
  return noteSegments(elf).some((notes) =>
    [...notesIn(notes)].some(({ owner, type }) => owner === 'Xen' && type === physicalEntry),
  );
}

/** XEN_ELFNOTE_PHYS32_ENTRY, xen/include/public/elfnote.h */
const physicalEntry = 18;
const noteSegment = 4;

function noteSegments(elf: Buffer): Buffer[] {
  const table = Number(elf.readBigUInt64LE(32));
  const entrySize = elf.readUInt16LE(54);
  const headers = Array.from({ length: elf.readUInt16LE(56) }, (_, i) => elf.subarray(table + i * entrySize));
  return headers
    .filter((header) => header.readUInt32LE(0) === noteSegment)
    .map((header) => {
      const offset = Number(header.readBigUInt64LE(8));
      return elf.subarray(offset, offset + Number(header.readBigUInt64LE(32)));
    });
}

function* notesIn(notes: Buffer): Generator<{ owner: string; type: number }> {
  for (let at = 0; at + 12 <= notes.length; ) {
    const [nameSize, size, type] = [0, 4, 8].map((field) => notes.readUInt32LE(at + field)) as [number, number, number];
    yield { owner: notes.toString('latin1', at + 12, at + 12 + Math.max(0, nameSize - 1)), type };
    at += 12 + padded(nameSize) + padded(size);
  }
}

const padded = (size: number): number => (size + 3) & ~3;
