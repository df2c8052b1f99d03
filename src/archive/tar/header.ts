/**
 * Parses one header block of a tar archive. Layout: POSIX pax, "ustar Interchange Format"
 * (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html), and the GNU tar manual,
 * "Basic Tar Format" (https://www.gnu.org/software/tar/manual/html_node/Standard.html).
 */

export const BLOCK = 512;

/** How many bytes fill up the last block of a content of that size. */
export function paddingOf(size: number): number {
  return (BLOCK - size % BLOCK) % BLOCK;
}

/**
 * Names are strings with one byte per character here. Their encoding is known only after the PAX
 * headers.
 */
export interface Header {
  name: string;
  link: string;
  /** The type flag: `0`, `5`, ... */
  flag: string;
  mode: number | undefined;
  size: number | undefined;
  /** Seconds since 1970. */
  mtime: number | undefined;
}

interface Field {
  at: number;
  length: number;
}

const NAME: Field = { at: 0, length: 100 };
const MODE: Field = { at: 100, length: 8 };
const SIZE: Field = { at: 124, length: 12 };
const MTIME: Field = { at: 136, length: 12 };
const SUM: Field = { at: 148, length: 8 };
const FLAG = 156;
const LINK: Field = { at: 157, length: 100 };
const MAGIC = 257;
const MINUS = 0x2d;
const PREFIX: Field = { at: 345, length: 155 };

/**
 * Parses a header. Undefined if its checksum is wrong. A malformed number in it becomes undefined.
 */
export function parseHeader(block: Uint8Array): Header | undefined {
  if (!isHeader(block)) return undefined;
  const prefix = isUstar(block) ? readText(block, PREFIX) : "";
  const name = readText(block, NAME);
  return {
    name: prefix === "" ? name : `${prefix}/${name}`,
    link: block[LINK.at] === 0 ? "" : readText(block, LINK),
    flag: block[FLAG] === 0 ? "0" : String.fromCharCode(block[FLAG] as number),
    mode: readNumber(block, MODE),
    size: readNumber(block, SIZE),
    mtime: readNumber(block, MTIME),
  };
}

/**
 * Whether the block has its checksum. Old SunOS summed the bytes as numbers from -128 to 127, which
 * counts too.
 */
export function isHeader(block: Uint8Array): boolean {
  const told = readOctal(block, SUM);
  const sum = checksum(block);
  return sum === told || (told !== undefined && sum - 256 * bytesAbove127(block) === told);
}

/**
 * Whether the block has `ustar` and a NUL. GNU tar writes a space there, and other fields instead
 * of the prefix.
 */
function isUstar(block: Uint8Array): boolean {
  return block[MAGIC] === 0x75 && block[MAGIC + 4] === 0x72 && block[MAGIC + 5] === 0;
}

/** The sum of all bytes. The checksum field itself counts as spaces. */
function checksum(block: Uint8Array): number {
  let sum = 8 * 0x20;
  for (let i = 0; i < SUM.at; i++) sum += block[i] as number;
  for (let i = FLAG; i < BLOCK; i++) sum += block[i] as number;
  return sum;
}

function bytesAbove127(block: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < BLOCK; i++) {
    if ((block[i] as number) > 127 && (i < SUM.at || i >= FLAG)) count++;
  }
  return count;
}

function readText(block: Uint8Array, { at, length }: Field): string {
  let end = at;
  while (end < at + length && block[end] !== 0) end++;
  return String.fromCharCode.apply(null, block.subarray(at, end) as unknown as number[]);
}

/**
 * Reads octal digits. If the first bit is set, reads a number in base 256 and two's complement
 * (GNU).
 */
function readNumber(block: Uint8Array, field: Field): number | undefined {
  const { at, length } = field;
  const first = block[at] as number;
  if (first < 0x80) return readOctal(block, field);
  if (first !== 0x80 && first !== 0xff) return undefined;
  let value = first === 0xff ? -1 : 0;
  for (let i = at + 1; i < at + length; i++) value = value * 256 + (block[i] as number);
  return Number.isSafeInteger(value) ? value : undefined;
}

/**
 * Reads spaces or NULs, a minus sign, octal digits, and a space or NUL. tar-stream writes a minus
 * sign for times before 1970.
 */
function readOctal(block: Uint8Array, { at, length }: Field): number | undefined {
  const end = at + length;
  while (at < end && (block[at] === 0x20 || block[at] === 0)) at++;
  const sign = block[at] === MINUS && at + 1 < end ? -1 : 1;
  if (sign < 0) at++;
  let value = 0;
  for (; at < end; at++) {
    const byte = block[at] as number;
    if (byte === 0x20 || byte === 0) break;
    if (byte < 0x30 || byte > 0x37) return undefined;
    value = value * 8 + byte - 0x30;
  }
  return value === 0 ? 0 : sign * value;
}

export function isZero(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}
