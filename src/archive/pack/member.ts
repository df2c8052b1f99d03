/**
 * Writes the headers of a tar archive, the same bytes for the same entry: owner 0, no time but the
 * mtime. Layout: POSIX pax, "ustar Interchange Format" and "pax Extended Header"
 * (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html). An extended header is
 * written only for what a ustar header cannot hold.
 */
import { BLOCK, paddingOf } from "../tar/header.ts";
import { storedMtime } from "../write/mtime.ts";
import type { FoundEntry } from "./walk.ts";

const encoder = new TextEncoder();

const FLAGS = { file: "0", hardlink: "1", symlink: "2", folder: "5" } as const;
/** The greatest number in 11 octal digits. */
const MOST = 8 ** 11 - 1;
const MOST_NAME = 100;
const MOST_PREFIX = 155;
/** As Python's tarfile names an extended header: a reader that does not know PAX makes one file of them. */
const PAX_NAME = "././@PaxHeader";

/** The headers of an entry. Its content follows, filled up with `paddingOf` its size. */
export function headersOf(entry: FoundEntry, mtime: number): Uint8Array<ArrayBuffer> {
  const name = entry.kind === "folder" ? `${entry.path}/` : entry.path;
  const size = entry.kind === "file" ? entry.size : 0;
  const link = entry.kind === "symlink" || entry.kind === "hardlink" ? entry.target : "";
  const seconds = Math.floor(mtime / 1000);
  const split = splitName(name);
  const records = [
    ...(split === undefined ? [["path", name] as const] : []),
    ...(fits(link) ? [] : [["linkpath", link] as const]),
    ...(size > MOST ? [["size", String(size)] as const] : []),
    ...(mtime % 1000 !== 0 || seconds < 0 || seconds > MOST
      ? [["mtime", secondsOf(mtime)] as const]
      : []),
  ];
  const header = headerOf({
    ...split ?? { name: cut(name), prefix: "" },
    flag: FLAGS[entry.kind],
    mode: entry.kind === "symlink" ? 0o777 : entry.mode,
    size: Math.min(size, MOST),
    mtime: Math.max(0, Math.min(MOST, seconds)),
    link: fits(link) ? link : cut(link),
  });
  if (records.length === 0) return header;
  const extended = extendedHeader(records);
  const both = new Uint8Array(extended.length + header.length);
  both.set(extended);
  both.set(header, extended.length);
  return both;
}

/** The end of an archive: two blocks of zeros. */
export const END = new Uint8Array(2 * BLOCK);

/**
 * Milliseconds as seconds with at most three decimals: `1795615200.5`. Before 1970 they are whole
 * seconds. Where `storedMtime` would cut off the last millisecond of the number, as it is not exact,
 * the text has half a microsecond more.
 */
function secondsOf(milliseconds: number): string {
  const decimals = String(Math.abs(milliseconds) % 1000).padStart(3, "0");
  const text = `${Math.floor(milliseconds / 1000)}.${decimals}`;
  if (storedMtime(Number(text)) !== milliseconds) return `${text}0005`;
  return text.replace(/\.?0+$/, "");
}

interface Fields {
  readonly name: string;
  readonly prefix: string;
  readonly flag: string;
  readonly mode: number;
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly link: string;
}

function headerOf(
  { name, prefix, flag, mode, size, mtime, link }: Fields,
): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK);
  const put = (at: number, text: string): void => void encoder.encodeInto(text, block.subarray(at));
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");
  put(0, name);
  put(100, octal(mode, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(size, 11));
  put(136, octal(mtime, 11));
  put(148, " ".repeat(8));
  put(156, flag);
  put(157, link);
  put(257, "ustar\x0000");
  put(265, "root");
  put(297, "root");
  put(345, prefix);
  const sum = block.reduce((all, byte) => all + byte, 0);
  put(148, `${octal(sum, 6)}\0 `);
  return block;
}

/** Only ASCII, as ustar leaves open what other bytes mean. */
function fits(text: string): boolean {
  // deno-lint-ignore no-control-regex -- the whole of ASCII
  return text.length <= MOST_NAME && /^[\x00-\x7f]*$/.test(text);
}

/** The two fields of a name, which are joined by a slash. Undefined if it does not fit. */
function splitName(name: string): { name: string; prefix: string } | undefined {
  if (fits(name)) return { name, prefix: "" };
  const slash = name.indexOf("/", name.length - MOST_NAME - 1);
  const prefix = name.slice(0, Math.max(0, slash));
  const rest = name.slice(slash + 1);
  // deno-lint-ignore no-control-regex -- the whole of ASCII
  const isPlain = /^[\x00-\x7f]*$/.test(name);
  if (!isPlain || slash < 1 || prefix.length > MOST_PREFIX || rest === "") return undefined;
  return { name: rest, prefix };
}

/** A name for readers that do not know PAX. */
function cut(text: string): string {
  // deno-lint-ignore no-control-regex -- the whole of ASCII
  return text.replace(/[^\x00-\x7f]/gu, "_").slice(0, MOST_NAME);
}

function extendedHeader(records: readonly (readonly [key: string, value: string])[]): Uint8Array {
  const content = encoder.encode(records.map(([key, value]) => recordOf(key, value)).join(""));
  const header = headerOf({
    name: PAX_NAME,
    prefix: "",
    flag: "x",
    mode: 0o644,
    size: content.length,
    mtime: 0,
    link: "",
  });
  const block = new Uint8Array(BLOCK + content.length + paddingOf(content.length));
  block.set(header);
  block.set(content, BLOCK);
  return block;
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits. */
function recordOf(key: string, value: string): string {
  const rest = encoder.encode(` ${key}=${value}\n`).length;
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}
