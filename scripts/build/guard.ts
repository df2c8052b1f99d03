/**
 * A guard in front of the base runtime. If an argument is not UTF-8, it ends the program with exit 2 and an
 * error line. Without the guard the runtime panics before any code of FTL runs.
 *
 * The guard is a few hundred bytes of machine code, from `guard/*.s`; `tests/scripts/build/guard_test.ts` assembles
 * them again and compares. It gets its own segment after the runtime. Two things in the runtime change: the
 * entry point, and the program header of a note, which becomes the header of that segment.
 *
 * https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.pheader.html
 */
import { Buffer } from "node:buffer";
import { machineOfElf } from "./elf.ts";
import type { Architecture } from "./target.ts";

/** The assembled `guard/<architecture>.s`. Its last eight bytes are the distance to the real entry. */
export const GUARDS: Readonly<Record<Architecture, Uint8Array>> = {
  x86_64: fromBase64([
    "8w8e+kiNdCQISIs+SIPGCEiF/w+EowAAAA+2B0j/x4XAdOY9gAAAAHLvPcIAAAAPgpcAAAA99AAAAA+HjAAAAEG4gA",
    "AAAEG5vwAAAEG6AQAAAD3gAAAAcj1BugIAAAB1BkG4oAAAAD3tAAAAdQZBuZ8AAAA98AAAAHIbQboDAAAAdQZBuJAA",
    "AAA99AAAAHUGQbmPAAAAD7YHSP/HRDnAcitEOch3JkG4gAAAAEG5vwAAAEH/ynXf6V3///9IjQU9////SAMFngAAAP",
    "/guAEAAAC/AgAAAEiNNRQAAAC6dAAAAA8FuOcAAAC/AgAAAA8F9GZ0bDogQW4gYXJndW1lbnQgaXMgbm90IFVURi04",
    "LCB3aGljaCBpcyBhbGwgdGhhdCBmdGwgY2FuIHJlYWQKaGludDogUmVuYW1lIHRoZSBmaWxlLCBvciBxdW90ZSB0aG",
    "UgYXJndW1lbnQgaW4gVVRGLTgKDx8AAAAAAAAAAAA=",
  ]),
  aarch64: fromBase64([
    "XyQD1eEjAJEihED4wgQAtEMUQDij//80fwACcaP//1R/CANxgwQAVH/QA3FIBABUBBCAUuUXgFImAIBSf4ADceMBAF",
    "RGAIBSQQAAVAQUgFJ/tANxQQAAVOUTgFJ/wANx4wAAVGYAgFJBAABUBBKAUn/QA3FBAABU5RGAUkMUQDh/AARrgwEA",
    "VH8ABWtIAQBUBBCAUuUXgFLGBABxAf//VNz//xfh+v8QQgUAWCEAAosgAB/WCAiA0kAAgNLhAAAQgg6A0gEAANTIC4",
    "DSQACA0gEAANQAAAAAZnRsOiBBbiBhcmd1bWVudCBpcyBub3QgVVRGLTgsIHdoaWNoIGlzIGFsbCB0aGF0IGZ0bCBj",
    "YW4gcmVhZApoaW50OiBSZW5hbWUgdGhlIGZpbGUsIG9yIHF1b3RlIHRoZSBhcmd1bWVudCBpbiBVVEYtOAofIAPVAA",
    "AAAAAAAAA=",
  ]),
};

const PT_LOAD = 1;
const PT_NOTE = 4;
const READ_AND_EXECUTE = 5;
/** The largest page of Linux on both architectures. Segments begin at multiples of it. */
const PAGE = 0x10000;

/** Offsets in a program header of ELF64. */
const PHDR = {
  type: 0,
  flags: 4,
  offset: 8,
  address: 16,
  physical: 24,
  size: 32,
  memory: 40,
  align: 48,
};

/** The same program with the guard. Throws an Error if it has no note whose header the guard can take. */
export function withGuard(program: Uint8Array, guard: Uint8Array): Uint8Array<ArrayBuffer> {
  machineOfElf(program); // an ELF file of 64 bits, little-endian
  const at = roundUp(program.length);
  const guarded = new Uint8Array(at + guard.length);
  guarded.set(program);
  guarded.set(guard, at);
  const view = new DataView(guarded.buffer);
  const headers = readHeaders(guarded);
  const address = roundUp(Math.max(...headers.filter(isLoaded).map(endInMemory)));
  const last = headers.findLastIndex(isLoaded);
  const note = headers.findIndex((header) => typeOf(header) === PT_NOTE);
  if (note < 0) throw new Error("the program has no note whose header the guard can take");
  // Loaded segments are in the order of their addresses.
  const segment = newSegment({ offset: at, address, size: guard.length });
  const reordered = headers.toSpliced(last + 1, 0, segment).filter((header) =>
    header !== headers[note]
  );
  const { offset, entrySize } = placeOfHeaders(view);
  for (const [i, header] of reordered.entries()) guarded.set(header, offset + i * entrySize);
  const entry = view.getBigUint64(0x18, true);
  view.setBigUint64(0x18, BigInt(address), true);
  view.setBigInt64(guarded.length - 8, entry - BigInt(address), true);
  return guarded;
}

function placeOfHeaders(view: DataView): { offset: number; entrySize: number; count: number } {
  return {
    offset: Number(view.getBigUint64(0x20, true)), // e_phoff
    entrySize: view.getUint16(0x36, true), // e_phentsize
    count: view.getUint16(0x38, true), // e_phnum
  };
}

function readHeaders(program: Uint8Array<ArrayBuffer>): Uint8Array[] {
  const { offset, entrySize, count } = placeOfHeaders(new DataView(program.buffer));
  return Array.from({ length: count }, (_, i) => {
    const start = offset + i * entrySize;
    return program.slice(start, start + entrySize);
  });
}

function newSegment(
  { offset, address, size }: { offset: number; address: number; size: number },
): Uint8Array {
  const header = new Uint8Array(56);
  const view = new DataView(header.buffer);
  view.setUint32(PHDR.type, PT_LOAD, true);
  view.setUint32(PHDR.flags, READ_AND_EXECUTE, true);
  view.setBigUint64(PHDR.offset, BigInt(offset), true);
  view.setBigUint64(PHDR.address, BigInt(address), true);
  view.setBigUint64(PHDR.physical, BigInt(address), true);
  view.setBigUint64(PHDR.size, BigInt(size), true);
  view.setBigUint64(PHDR.memory, BigInt(size), true);
  view.setBigUint64(PHDR.align, BigInt(PAGE), true);
  return header;
}

function typeOf(header: Uint8Array): number {
  return new DataView(header.buffer, header.byteOffset).getUint32(PHDR.type, true);
}

function isLoaded(header: Uint8Array): boolean {
  return typeOf(header) === PT_LOAD;
}

function endInMemory(header: Uint8Array): number {
  const view = new DataView(header.buffer, header.byteOffset);
  const [start, size] = [PHDR.address, PHDR.memory].map((at) =>
    Number(view.getBigUint64(at, true))
  );
  return (start ?? 0) + (size ?? 0);
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / PAGE) * PAGE;
}

function fromBase64(lines: readonly string[]): Uint8Array {
  return Uint8Array.from(Buffer.from(lines.join(""), "base64"));
}
