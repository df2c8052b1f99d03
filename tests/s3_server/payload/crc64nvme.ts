/**
 * CRC-64/NVME, eight bytes a step ("slicing by 8"). It is reflected, starts with all bits set and ends inverted:
 * https://reveng.sourceforge.io/crc-catalogue/all.htm
 *
 * That of `@aws-sdk/checksums` takes up to twice the time, which would slow down the tools that FTL is compared
 * with: the AWS CLI sends it with all that it uploads.
 */

const CRC64NVME_POLYNOMIAL = 0x9a6c9329ac4bc9b5n;

const SLICES = 8;

/** At `n * 256 + b`: byte b, followed by n zero bytes, run through the register; its low and its high half. */
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
