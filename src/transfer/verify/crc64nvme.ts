/**
 * Computes CRC-64/NVME, the checksum that S3 adds to objects without one. It is reflected, has the
 * polynomial 0xad93d23594c93659, and is inverted at the beginning and at the end
 * (https://reveng.sourceforge.io/crc-catalogue/all.htm). Each step takes eight bytes, in two halves
 * of 32 bits, because BigInt is far too slow.
 */

const REFLECTED = 0x9a6c9329ac4bc9b5n;
const SLICES = 8;

/** At `n * 256 + b`: the register after the byte `b` and `n` zero bytes. */
interface Tables {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
}

let tables: Tables | undefined;

function makeTables(): Tables {
  const whole = new BigUint64Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1n) ^ (crc & 1n ? REFLECTED : 0n);
    whole[byte] = crc;
  }
  for (let at = 256; at < whole.length; at++) {
    const shorter = whole[at - 256] ?? 0n;
    whole[at] = (shorter >> 8n) ^ (whole[Number(shorter & 0xffn)] ?? 0n);
  }
  return {
    low: Uint32Array.from(whole, (crc) => Number(crc & 0xffffffffn)),
    high: Uint32Array.from(whole, (crc) => Number(crc >> 32n)),
  };
}

/** Computes the checksum of its input, with the interface of `createHash` of `node:crypto`. */
export class Crc64Nvme {
  #low = 0xffffffff;
  #high = 0xffffffff;

  update(bytes: Uint8Array): void {
    const { low: L, high: H } = tables ??= makeTables();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const at = (table: Uint32Array, place: number): number => table[place] as number;
    let low = this.#low;
    let high = this.#high;
    let done = 0;
    for (; done + 8 <= bytes.length; done += 8) {
      const a = low ^ view.getUint32(done, true);
      const b = high ^ view.getUint32(done + 4, true);
      const p7 = 1792 | (a & 0xff);
      const p6 = 1536 | ((a >>> 8) & 0xff);
      const p5 = 1280 | ((a >>> 16) & 0xff);
      const p4 = 1024 | (a >>> 24);
      const p3 = 768 | (b & 0xff);
      const p2 = 512 | ((b >>> 8) & 0xff);
      const p1 = 256 | ((b >>> 16) & 0xff);
      const p0 = b >>> 24;
      low = at(L, p7) ^ at(L, p6) ^ at(L, p5) ^ at(L, p4) ^ at(L, p3) ^ at(L, p2) ^ at(L, p1) ^
        at(L, p0);
      high = at(H, p7) ^ at(H, p6) ^ at(H, p5) ^ at(H, p4) ^ at(H, p3) ^ at(H, p2) ^ at(H, p1) ^
        at(H, p0);
    }
    for (; done < bytes.length; done++) {
      const place = (low ^ view.getUint8(done)) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ at(L, place);
      high = (high >>> 8) ^ at(H, place);
    }
    this.#low = low;
    this.#high = high;
  }

  /** In hexadecimal, 16 digits. */
  digest(): string {
    return [~this.#high, ~this.#low]
      .map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
  }
}
