/**
 * Builds tar archives block by block, honest and hostile ones: what no sane program writes has to be
 * written by hand. Layout: POSIX pax, "ustar Interchange Format".
 */
import { randomBytes } from "node:crypto";
import { gzipSync, zstdCompressSync } from "node:zlib";

export interface Member {
  name: string | Uint8Array;
  /** The type flag; `0`, a file, by default. */
  type?: string;
  content?: string | Uint8Array;
  link?: string | Uint8Array;
  mode?: number;
  /** Seconds since 1970. */
  mtime?: number;
  /** The bytes of the mtime's field. */
  mtimeField?: Uint8Array;
  /** Sums the bytes as -128 to 127. */
  signedSum?: boolean;
  /** What the header claims, where that is not the content's length: a number, or the field's bytes. */
  size?: number | Uint8Array;
  /** `ustar` by default; `v7` has no magic number. */
  format?: "ustar" | "gnu" | "v7";
  prefix?: string;
  /** Breaks the checksum. */
  broken?: boolean;
}

const encoder = new TextEncoder();

export function bytesOf(value: string | Uint8Array): Uint8Array {
  return typeof value === "string" ? encoder.encode(value) : value;
}

export function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return joined(parts);
}

export function joined(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** One member: its header, its content, and zeros to the end of the block. */
export function member(options: Member): Uint8Array {
  const content = bytesOf(options.content ?? "");
  const padding = (512 - content.length % 512) % 512;
  return concat(header(options, content.length), content, new Uint8Array(padding));
}

function header(options: Member, length: number): Uint8Array {
  const block = new Uint8Array(512);
  const put = (at: number, value: string | Uint8Array): void => block.set(bytesOf(value), at);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");
  put(0, bytesOf(options.name).subarray(0, 100));
  put(100, octal(options.mode ?? 0o644, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  const size = options.size ?? length;
  put(124, typeof size === "number" ? octal(size, 11) : size);
  put(136, options.mtimeField ?? octal(options.mtime ?? 1_500_000_000, 11));
  put(156, options.type ?? "0");
  put(157, bytesOf(options.link ?? "").subarray(0, 100));
  if (options.format === "gnu") put(257, "ustar  \0");
  else if (options.format !== "v7") put(257, "ustar\0" + "00");
  if (options.prefix !== undefined) put(345, options.prefix);
  let sum = 8 * 0x20;
  for (const byte of options.signedSum === true ? new Int8Array(block) : block) sum += byte;
  put(148, `${octal(sum + (options.broken ? 1 : 0), 6)}\0 `);
  return block;
}

/** The two blocks of zeros that end an archive. */
export const END = new Uint8Array(1024);

/** A whole archive. */
export function tar(...members: (Member | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  return joined([...members.map((one) => one instanceof Uint8Array ? one : member(one)), END]);
}

/** An extended header for the next member, or with type `g` for all that follow. */
export function pax(records: Record<string, string | Uint8Array>, type = "x"): Uint8Array {
  const parts = Object.entries(records).map(([key, value]) => paxRecord(key, bytesOf(value)));
  return member({ name: "PaxHeaders/0", type, content: concat(...parts) });
}

function paxRecord(key: string, value: Uint8Array): Uint8Array {
  const rest = key.length + value.length + 3;
  let length = rest + 1;
  while (`${length}`.length + rest !== length) length++;
  return concat(bytesOf(`${length} ${key}=`), value, bytesOf("\n"));
}

/** GNU's way to a long name (type `L`) or a long link target (type `K`) of the next member. */
export function gnuLong(type: "L" | "K", name: string | Uint8Array): Uint8Array {
  const content = concat(bytesOf(name), Uint8Array.of(0));
  return member({ name: "././@LongLink", type, content, format: "gnu" });
}

export function gzip(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(bytes));
}

export function zstd(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(zstdCompressSync(bytes));
}

/** A skippable frame: RFC 8878, 3.1.2. */
export function zstdSkippable(content: string): Uint8Array {
  const bytes = bytesOf(content);
  const head = new Uint8Array(8);
  new DataView(head.buffer).setUint32(0, 0x184d2a53, true);
  new DataView(head.buffer).setUint32(4, bytes.length, true);
  return concat(head, bytes);
}

/** The bytes as they come over a network: in chunks. */
export async function* stream(bytes: Uint8Array, chunk = 64 << 10): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunk) {
    await Promise.resolve();
    yield bytes.slice(at, at + chunk);
  }
}

/** Bytes that do not compress: enough of them, and a thread of its own decompresses the archive. */
export function noise(length: number): Uint8Array {
  return new Uint8Array(randomBytes(length));
}

/** A small archive with every kind of header. */
export const SAMPLE = tar(
  pax({ path: "folder/long", mtime: "1500000000.25" }),
  { name: "x", content: "some text" },
  { name: "folder/", type: "5" },
  gnuLong("L", `folder/${"n".repeat(150)}`),
  { name: "x", content: "y".repeat(700), format: "gnu" },
  { name: "empty" },
);
