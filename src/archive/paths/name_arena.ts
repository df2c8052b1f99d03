/**
 * Names in pages, one after the other, each with its length before it. Archives go folder by folder, so pages that
 * are full are hardly ever asked for again: beyond `PLAIN` of them the older ones are kept compressed, which makes a
 * tenth of them. A name that is asked for all the same costs its page's decompression.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";

/** Bytes of a page. */
const PAGE = 1 << 20;
/** Pages that stay as they are. */
const PLAIN = 16;
/** Compressed pages that are held open: of the folders on the way to what comes now. */
const OPEN = 8;
/**
 * Pages that may be decompressed. An archive that asks for more, as one that has its names twice, has them all as
 * they are: it takes memory then, but no more time.
 */
const MOST_RETURNS = 200;

interface Page {
  bytes: Uint8Array;
  isCompressed: boolean;
}

export class NameArena {
  readonly #pages: Page[] = [];
  /** Bytes of the last page that are taken. */
  #used = PAGE;
  /** The pages before it are compressed. */
  #compressed = 0;
  #returns = 0;
  /** The compressed pages that were asked for last, by their numbers; the latest is the last. */
  readonly #open = new Map<number, Uint8Array>();

  /** Keeps a copy of a name of fewer than 65,536 bytes; the answer is where it is. */
  put(name: Uint8Array): number {
    if (this.#used + 2 + name.length > PAGE) this.#addPage();
    const index = this.#pages.length - 1;
    const { bytes } = this.#pages[index] as Page;
    const place = index * PAGE + this.#used;
    bytes[this.#used++] = name.length & 0xff;
    bytes[this.#used++] = name.length >> 8;
    bytes.set(name, this.#used);
    this.#used += name.length;
    return place;
  }

  /** The name at a place that `put` gave; valid until the next call. */
  get(place: number): Uint8Array {
    const bytes = this.#pageAt(Math.floor(place / PAGE));
    const at = place % PAGE;
    const length = (bytes[at] as number) | (bytes[at + 1] as number) << 8;
    return bytes.subarray(at + 2, at + 2 + length);
  }

  #addPage(): void {
    this.#pages.push({ bytes: new Uint8Array(PAGE), isCompressed: false });
    this.#used = 0;
    if (this.#returns >= MOST_RETURNS || this.#pages.length - this.#compressed <= PLAIN) return;
    const page = this.#pages[this.#compressed++] as Page;
    const whole = page.bytes;
    page.bytes = new Uint8Array(deflateRawSync(whole, { level: 1 }));
    page.isCompressed = true;
    (whole.buffer as ArrayBuffer).transfer(0); // frees it now rather than at some collection
  }

  #pageAt(index: number): Uint8Array {
    const page = this.#pages[index] as Page;
    if (!page.isCompressed) return page.bytes;
    const known = this.#open.get(index);
    if (known === undefined && ++this.#returns >= MOST_RETURNS) {
      for (const each of this.#pages) open(each);
      this.#open.clear();
      return page.bytes;
    }
    const bytes = known ?? inflateRawSync(page.bytes);
    this.#open.delete(index);
    this.#open.set(index, bytes);
    if (this.#open.size > OPEN) this.#open.delete(this.#open.keys().next().value ?? index);
    return bytes;
  }
}

function open(page: Page): void {
  if (page.isCompressed) page.bytes = inflateRawSync(page.bytes);
  page.isCompressed = false;
}
