/**
 * Stores names in pages, one after the other, each after its length. Archives go folder by folder,
 * so full pages are seldom read again. If there are more than `PLAIN` pages, the older ones are
 * kept compressed, in a tenth of the memory. To read a name in one of them, its page is
 * decompressed.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";

/** The size of a page in bytes. */
const PAGE = 1 << 20;
/** So many pages stay uncompressed. */
const PLAIN = 16;
/**
 * So many compressed pages are kept decompressed: those with the folders above the current entries.
 */
const OPEN = 8;
/**
 * After so many decompressions all pages are kept uncompressed. An archive may need that, for
 * example one that contains its names twice. It then takes more memory, but no more time.
 */
const MOST_DECOMPRESSIONS = 200;

interface Page {
  bytes: Uint8Array;
  isCompressed: boolean;
}

export class NameArena {
  readonly #pages: Page[] = [];
  /** The used bytes of the last page. */
  #used = PAGE;
  /** The number of the first page that is not compressed. */
  #compressed = 0;
  #decompressions = 0;
  /** The last compressed pages that were read, by their numbers. The latest is the last. */
  readonly #open = new Map<number, Uint8Array>();

  /** Stores a copy of a name of fewer than 65,536 bytes, and returns its place. */
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

  /** The name at a place that `put` returned. It is valid until the next call. */
  get(place: number): Uint8Array {
    const bytes = this.#pageAt(Math.floor(place / PAGE));
    const at = place % PAGE;
    const length = (bytes[at] as number) | (bytes[at + 1] as number) << 8;
    return bytes.subarray(at + 2, at + 2 + length);
  }

  #addPage(): void {
    this.#pages.push({ bytes: new Uint8Array(PAGE), isCompressed: false });
    this.#used = 0;
    if (
      this.#decompressions >= MOST_DECOMPRESSIONS || this.#pages.length - this.#compressed <= PLAIN
    ) return;
    const page = this.#pages[this.#compressed++] as Page;
    const whole = page.bytes;
    page.bytes = new Uint8Array(deflateRawSync(whole, { level: 1 }));
    page.isCompressed = true;
    (whole.buffer as ArrayBuffer).transfer(0); // frees the memory now, not at the next garbage collection
  }

  #pageAt(index: number): Uint8Array {
    const page = this.#pages[index] as Page;
    if (!page.isCompressed) return page.bytes;
    const known = this.#open.get(index);
    if (known === undefined && ++this.#decompressions >= MOST_DECOMPRESSIONS) {
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
