/**
 * A guest of a hundred bytes that lays the TSC along a clock of known rate: for each byte on its serial port it
 * answers with one reading. Linux measures its TSC with the PIT and gives up when the host is busy, for it takes the
 * pauses of an emulated processor for broken hardware.
 */
export const rulerKernel = (): Buffer => pvhElf(Buffer.from(code.join('').replaceAll(' ', ''), 'hex'));

/** One reading: TSC before and after (u64 each), the timer in between (u32), little endian. */
export const READING_BYTES = 20;

/** One reading's TSC, and the nanoseconds since the guest's start. */
export interface Reading {
  tscBefore: bigint;
  tscAfter: bigint;
  ns: number;
}

export function decodeReading(bytes: Buffer): Reading {
  const ns = (0xffffffff - bytes.readUInt32LE(16)) * 16;
  return { tscBefore: bytes.readBigUInt64LE(0), tscAfter: bytes.readBigUInt64LE(8), ns };
}

/**
 * The local APIC's timer counts nanoseconds down (QEMU's hw/intc/apic.c). Divided by 16 it lasts for 69 s; then the
 * guest ends, in case its service died and nobody else ends it.
 */
const code = [
  'be 00 00 e0 fe', //                       mov esi, 0xfee00000: the local APIC
  'c7 86 e0 03 00 00 03 00 00 00', //        mov dword [esi+0x3e0], 3: the timer's divisor is 16
  'c7 86 20 03 00 00 00 00 01 00', //        mov dword [esi+0x320], 0x10000: it does not interrupt
  'c7 86 80 03 00 00 ff ff ff ff', //        mov dword [esi+0x380], -1: it starts
  'f3 90', //                         wait:  pause
  '8b 8e 90 03 00 00', //                    mov ecx, [esi+0x390]: the timer
  'e3 4a', //                                jecxz end
  '66 ba fd 03', //                          mov dx, 0x3fd: the serial port's state
  'ec', //                                   in al, dx
  'a8 01', //                                test al, 1: has a byte come?
  '74 ed', //                                jz wait
  '66 ba f8 03', //                          mov dx, 0x3f8
  'ec', //                                   in al, dx
  '0f 31', //                                rdtsc
  '89 c7', //                                mov edi, eax
  '89 d5', //                                mov ebp, edx
  '8b 8e 90 03 00 00', //                    mov ecx, [esi+0x390]
  '0f 31', //                                rdtsc
  'bb 00 80 10 00', //                       mov ebx, 0x108000
  '89 3b', //                                mov [ebx], edi
  '89 6b 04', //                             mov [ebx+4], ebp
  '89 43 08', //                             mov [ebx+8], eax
  '89 53 0c', //                             mov [ebx+12], edx
  '89 4b 10', //                             mov [ebx+16], ecx
  'b9 14 00 00 00', //                       mov ecx, 20
  '66 ba fd 03', //                   send:  mov dx, 0x3fd
  'ec', //                                   in al, dx
  'a8 20', //                                test al, 0x20: is there room for one?
  '74 f7', //                                jz send
  '8a 03', //                                mov al, [ebx]
  '66 ba f8 03', //                          mov dx, 0x3f8
  'ee', //                                   out dx, al
  '43', //                                   inc ebx
  '49', //                                   dec ecx
  '75 ec', //                                jnz send
  'eb ac', //                                jmp wait
  '0f 01 1d 00 81 10 00', //          end:   lidt [0x108100]: zeroes, so that
  'cc', //                                   int3 finds no handler: a reset, which ends QEMU
];

const ENTRY = 0x100000;
const HEADER = 52;
const SEGMENT = 32;
const NOTE_AT = HEADER + 2 * SEGMENT;
const CODE_AT = NOTE_AT + 24;

/** A 32-bit ELF with one loaded segment and the note by which QEMU knows a PVH kernel (Xen's ELFNOTE_PHYS32_ENTRY). */
function pvhElf(segment: Buffer): Buffer {
  const elf = Buffer.alloc(CODE_AT + segment.length);
  elf.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  const [EXECUTABLE, I386, VERSION] = [2, 3, 1];
  elf.writeUInt16LE(EXECUTABLE, 16);
  elf.writeUInt16LE(I386, 18);
  elf.writeUInt32LE(VERSION, 20);
  elf.writeUInt32LE(ENTRY, 24);
  elf.writeUInt32LE(HEADER, 28);
  elf.writeUInt16LE(HEADER, 40);
  elf.writeUInt16LE(SEGMENT, 42);
  elf.writeUInt16LE(2, 44);
  const [LOAD, NOTE] = [1, 4];
  writeWords(elf, HEADER, [LOAD, CODE_AT, ENTRY, ENTRY, segment.length, segment.length, 7, 4]);
  writeWords(elf, HEADER + SEGMENT, [NOTE, NOTE_AT, 0, 0, 24, 24, 4, 4]);
  const [NAME_BYTES, VALUE_BYTES, PHYS32_ENTRY] = [4, 8, 18];
  writeWords(elf, NOTE_AT, [NAME_BYTES, VALUE_BYTES, PHYS32_ENTRY]);
  elf.write('Xen\0', NOTE_AT + 12);
  elf.writeUInt32LE(ENTRY, NOTE_AT + 16);
  elf.set(segment, CODE_AT);
  return elf;
}

function writeWords(elf: Buffer, at: number, words: number[]): void {
  for (const [index, word] of words.entries()) elf.writeUInt32LE(word, at + 4 * index);
}
