/**
 * Reads as much of ELF as is needed to find the end of a program. Deno appends the files of a compiled program
 * to the base runtime, after its last section header. So the bytes before that end are the runtime itself.
 *
 * https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
 */

const MAGIC = [0x7f, 0x45, 0x4c, 0x46];
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;

/** `e_machine` of the two architectures that FTL is built for. */
export const MACHINE = { x86_64: 62, aarch64: 183 } as const;

/** Bytes up to the end of the section header table. Throws if this is not a 64-bit ELF file. */
export function lengthOfElf(bytes: Uint8Array): number {
  const view = viewOf(bytes);
  const offset = Number(view.getBigUint64(0x28, true)); // e_shoff
  const length = offset + view.getUint16(0x3a, true) * view.getUint16(0x3c, true); // e_shentsize * e_shnum
  if (length > bytes.byteLength) throw new Error("the ELF file is truncated");
  return length;
}

/** `e_machine`, as in `MACHINE`. Throws if this is not a 64-bit ELF file. */
export function machineOfElf(bytes: Uint8Array): number {
  return viewOf(bytes).getUint16(0x12, true);
}

function viewOf(bytes: Uint8Array): DataView {
  const isElf = bytes.byteLength >= 64 && MAGIC.every((byte, at) => bytes[at] === byte) &&
    bytes[4] === CLASS_64 && bytes[5] === LITTLE_ENDIAN;
  if (!isElf) throw new Error("not a 64-bit little-endian ELF file");
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
