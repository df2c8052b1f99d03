/**
 * CRC-32C and CRC-64/NVME, eight bytes a step ("slicing by 8"). Both are reflected, start with all
 * bits set and end inverted: https://reveng.sourceforge.io/crc-catalogue/all.htm
 *
 * CRC-32 is in node:zlib.
 */

const CRC32C_POLYNOMIAL = 0x82f63b78;
const CRC64NVME_POLYNOMIAL = 0x9a6c9329ac4bc9b5n;

const SLICES = 8;

/** `tables[n * 256 + b]`: byte b, followed by n zero bytes, run through the register. */
function crc32cTables(): Uint32Array {
  const tables = new Uint32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? CRC32C_POLYNOMIAL : 0);
    tables[byte] = crc;
  }
  for (let at = 256; at < tables.length; at++) {
    const shorter = tables[at - 256] ?? 0;
    tables[at] = (shorter >>> 8) ^ (tables[shorter & 0xff] ?? 0);
  }
  return tables;
}

let crc32cTable: Uint32Array | undefined;

/** Continues a CRC-32C over a block; begin with 0. The result is final after every block. */
export function crc32c(block: Uint8Array, before: number): number {
  const table = crc32cTable ??= crc32cTables();
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const t = (slice: number, byte: number): number => table[(slice << 8) | byte] as number;
  let crc = ~before;
  let at = 0;
  for (; at + 8 <= block.length; at += 8) {
    const low = crc ^ view.getUint32(at, true);
    const high = view.getUint32(at + 4, true);
    crc = t(7, low & 0xff) ^ t(6, (low >>> 8) & 0xff) ^ t(5, (low >>> 16) & 0xff) ^
      t(4, low >>> 24) ^ t(3, high & 0xff) ^ t(2, (high >>> 8) & 0xff) ^
      t(1, (high >>> 16) & 0xff) ^ t(0, high >>> 24);
  }
  for (; at < block.length; at++) crc = (crc >>> 8) ^ t(0, (crc ^ view.getUint8(at)) & 0xff);
  return ~crc >>> 0;
}

/** The same as for CRC-32C, each entry in two halves: low words first, then high words. */
function crc64Tables(): { low: Uint32Array; high: Uint32Array } {
  const tables = new BigUint64Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1n) ^ (crc & 1n ? CRC64NVME_POLYNOMIAL : 0n);
    tables[byte] = crc;
  }
  for (let at = 256; at < tables.length; at++) {
    const shorter = tables[at - 256] ?? 0n;
    tables[at] = (shorter >> 8n) ^ (tables[Number(shorter & 0xffn)] ?? 0n);
  }
  return {
    low: Uint32Array.from(tables, (entry) => Number(entry & 0xffffffffn)),
    high: Uint32Array.from(tables, (entry) => Number(entry >> 32n)),
  };
}

let crc64Table: { low: Uint32Array; high: Uint32Array } | undefined;

/** A CRC-64/NVME in the making: 32-bit halves, because a BigInt for each byte would crawl. */
export class Crc64Nvme {
  #low = -1;
  #high = -1;

  update(block: Uint8Array): void {
    const { low: l, high: h } = crc64Table ??= crc64Tables();
    const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
    let low = this.#low;
    let high = this.#high;
    let at = 0;
    for (; at + 8 <= block.length; at += 8) {
      const x = low ^ view.getUint32(at, true);
      const y = high ^ view.getUint32(at + 4, true);
      const a = 0x700 | (x & 0xff);
      const b = 0x600 | ((x >>> 8) & 0xff);
      const c = 0x500 | ((x >>> 16) & 0xff);
      const d = 0x400 | (x >>> 24);
      const e = 0x300 | (y & 0xff);
      const f = 0x200 | ((y >>> 8) & 0xff);
      const g = 0x100 | ((y >>> 16) & 0xff);
      const i = y >>> 24;
      low = n(l[a]) ^ n(l[b]) ^ n(l[c]) ^ n(l[d]) ^ n(l[e]) ^ n(l[f]) ^ n(l[g]) ^ n(l[i]);
      high = n(h[a]) ^ n(h[b]) ^ n(h[c]) ^ n(h[d]) ^ n(h[e]) ^ n(h[f]) ^ n(h[g]) ^ n(h[i]);
    }
    for (; at < block.length; at++) {
      const byte = (low ^ view.getUint8(at)) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ n(l[byte]);
      high = (high >>> 8) ^ n(h[byte]);
    }
    this.#low = low;
    this.#high = high;
  }

  /** Eight bytes, the highest first. */
  digest(): Uint8Array {
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, ~this.#high >>> 0);
    view.setUint32(4, ~this.#low >>> 0);
    return bytes;
  }
}

/** A table's entry: every index used above lies within. */
function n(entry: number | undefined): number {
  return entry as number;
}
