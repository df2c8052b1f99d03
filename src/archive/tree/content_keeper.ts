/**
 * Puts those contents of an archive into a store that are asked for. Whether one is asked for is
 * known only at its end. So a small content waits in memory, and a large one goes into the store
 * and may be taken back.
 */
import type { ContentStore, Draft } from "./content_store.ts";

/** Up to so many bytes a content waits in memory. */
const SMALL = 1 << 20;

export class ContentKeeper {
  readonly #store: ContentStore;
  readonly #isWanted: (sha256: string) => boolean;
  #waiting: Uint8Array | undefined;
  /** Bytes that wait. */
  #length = 0;
  #draft: Draft | undefined;

  constructor(store: ContentStore, isWanted: (sha256: string) => boolean) {
    this.#store = store;
    this.#isWanted = isWanted;
  }

  /** A content that comes in one piece. */
  whole(sha256: string, content: Uint8Array): void {
    if (this.#keeps(sha256)) this.#store.put(sha256, content);
  }

  /** The next piece of a content. */
  add(piece: Uint8Array): void {
    if (this.#draft === undefined && this.#length + piece.length <= SMALL) {
      this.#waiting ??= new Uint8Array(SMALL);
      this.#waiting.set(piece, this.#length);
      this.#length += piece.length;
      return;
    }
    this.#draft ??= this.#beginDraft();
    this.#draft.add(piece);
  }

  /** The content whose pieces came is complete. */
  end(sha256: string): void {
    const keeps = this.#keeps(sha256);
    if (this.#draft !== undefined) {
      if (keeps) this.#draft.keep(sha256);
      else this.#draft.drop();
    } else if (keeps) {
      this.#store.put(sha256, this.#waiting?.subarray(0, this.#length) ?? new Uint8Array());
    }
    this.#draft = undefined;
    this.#length = 0;
  }

  #keeps(sha256: string): boolean {
    return !this.#store.has(sha256) && this.#isWanted(sha256);
  }

  #beginDraft(): Draft {
    const draft = this.#store.draft();
    if (this.#waiting !== undefined) draft.add(this.#waiting.subarray(0, this.#length));
    return draft;
  }
}
