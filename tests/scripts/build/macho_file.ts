/**
 * Small programs for macOS, and what Deno's library makes of them when it compiles: it embeds a payload and signs.
 * Written by https://github.com/denoland/sui, and apart from what it judges.
 */
import { createHash } from "node:crypto";

const PAGE = 0x1000;
const PAYLOAD_PAGE = 0x10000;
const SEGMENT_SIZE = 72;
const SECTION_SIZE = 80;
const CPUS = { x86_64: 0x01000007, aarch64: 0x0100000c };

export type Architecture = keyof typeof CPUS;

/** The parts of a program that are not the same in all. */
interface Shape {
  readonly cpu: number;
  readonly commands: readonly Uint8Array[];
  /** What follows the commands, up to `__LINKEDIT`. */
  readonly text: Uint8Array;
  readonly parts: readonly Uint8Array[];
}

/** A program with a page of code, and strings in `__LINKEDIT`; on arm64 with an empty place for a signature. */
export function bareProgram(architecture: Architecture): Uint8Array<ArrayBuffer> {
  const strings = text("_main _printf _exit ");
  const commands = [
    segment("__TEXT", { address: PAGE, memory: PAGE, offset: 0, size: PAGE }),
    linkedit({ payload: 0, size: strings.length }),
    longs(0x2, 24, [PAGE, 0, PAGE, strings.length]),
    ...(architecture === "aarch64" ? [longs(0x1d, 16, [PAGE + strings.length, 0])] : []),
  ];
  return assemble({ cpu: CPUS[architecture], commands, text: code(), parts: [strings] });
}

/** The same program as Deno compiles it. */
export function compiledProgram(
  architecture: Architecture,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return architecture === "aarch64" ? withSegment(payload) : withEnd(payload);
}

function withSegment(payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const strings = text("_main _printf _exit ");
  const place = Math.ceil(payload.length / PAYLOAD_PAGE) * PAYLOAD_PAGE;
  const start = PAGE + place + strings.length;
  const signed = signatureSize(start);
  const section = new Uint8Array(SECTION_SIZE);
  section.set(text("d3n0l4nd"));
  section.set(text("__SUI"), 16);
  const view = new DataView(section.buffer);
  view.setBigUint64(40, BigInt(payload.length), true);
  view.setUint32(48, PAGE, true);
  const own = segment(
    "__SUI",
    { address: 2 * PAGE, memory: place, offset: PAGE, size: place },
    [section],
  );
  const commands = [
    segment("__TEXT", { address: PAGE, memory: PAGE, offset: 0, size: PAGE }),
    own,
    linkedit({ payload: place, size: strings.length + signed }),
    longs(0x2, 24, [PAGE + place, 0, PAGE + place, strings.length]),
    longs(0x1d, 16, [start, signed]),
  ];
  const padded = new Uint8Array(place);
  padded.set(payload);
  const program = assemble({
    cpu: CPUS.aarch64,
    commands,
    text: code(),
    parts: [padded, strings, new Uint8Array(signed)],
  });
  program.set(signatureOf(program.subarray(0, start)), start);
  return program;
}

function withEnd(payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(payload.length), true);
  const mark = [text("<~sui-data~>"), new Uint8Array([0xef, 0xbe, 0xad, 0xde])];
  const parts = [text("_main _printf _exit "), ...mark, length, payload];
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const commands = [
    segment("__TEXT", { address: PAGE, memory: PAGE, offset: 0, size: PAGE }),
    linkedit({ payload: 0, size }),
    longs(0x2, 24, [PAGE, 0, PAGE, size]),
  ];
  return assemble({ cpu: CPUS.x86_64, commands, text: code(), parts });
}

/** An ad hoc signature: https://github.com/apple-oss-distributions/xnu/blob/main/osfmk/kern/cs_blobs.h */
function signatureOf(signed: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(signatureSize(signed.length));
  const view = new DataView(bytes.buffer);
  const directory = 20;
  const hashes = directory + 88 + 6;
  const pages = Math.ceil(signed.length / PAGE);
  const values = [0xfade0cc0, bytes.length, 1, 0, directory];
  values.push(0xfade0c02, bytes.length - directory, 0x20400, 0x20002, 94, 88, 0, pages);
  for (const [i, value] of [...values, signed.length].entries()) view.setUint32(4 * i, value);
  bytes.set([32, 2, 0, 12], directory + 36);
  view.setBigUint64(directory + 64, 0n);
  view.setBigUint64(directory + 72, BigInt(PAGE));
  bytes.set(text("a.out"), directory + 88);
  for (let i = 0; i < pages; i++) {
    const page = signed.subarray(i * PAGE, (i + 1) * PAGE);
    bytes.set(createHash("sha256").update(page).digest(), hashes + 32 * i);
  }
  return bytes;
}

function signatureSize(length: number): number {
  return 20 + 88 + 6 + 32 * Math.ceil(length / PAGE);
}

function code(): Uint8Array {
  return new Uint8Array(PAGE).fill(0x1f);
}

/** The header and the commands, zeros to 1 KiB as a linker leaves them, code to the end of the page, and the parts. */
function assemble({ cpu, commands, text, parts }: Shape): Uint8Array<ArrayBuffer> {
  const program = new Uint8Array(parts.reduce((sum, part) => sum + part.length, PAGE));
  program.set(text.subarray(1024), 1024);
  const size = commands.reduce((sum, command) => sum + command.length, 0);
  const view = new DataView(program.buffer);
  const header = [0xfeedfacf, cpu, 0, 2, commands.length, size, 0x85, 0];
  for (const [i, value] of header.entries()) view.setUint32(4 * i, value, true);
  let at = 32;
  for (const command of commands) {
    program.set(command, at);
    at += command.length;
  }
  at = PAGE;
  for (const part of parts) {
    program.set(part, at);
    at += part.length;
  }
  return program;
}

function linkedit({ payload, size }: { payload: number; size: number }): Uint8Array {
  const [address, offset] = [2 * PAGE + payload, PAGE + payload];
  return segment("__LINKEDIT", { address, memory: size, offset, size });
}

function segment(
  name: string,
  place: { address: number; memory: number; offset: number; size: number },
  sections: readonly Uint8Array[] = [],
): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_SIZE + sections.length * SECTION_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x19, true);
  view.setUint32(4, bytes.length, true);
  bytes.set(text(name), 8);
  const { address, memory, offset, size } = place;
  for (const [i, value] of [address, memory, offset, size].entries()) {
    view.setBigUint64(24 + 8 * i, BigInt(value), true);
  }
  view.setUint32(64, sections.length, true);
  for (const [i, section] of sections.entries()) {
    bytes.set(section, SEGMENT_SIZE + i * SECTION_SIZE);
  }
  return bytes;
}

function longs(type: number, size: number, values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of [type, size, ...values].entries()) view.setUint32(4 * i, value, true);
  return bytes;
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}
