/** Keeps contents while there is room for them. What is not kept cannot be in a patch, and nothing else fails. */
import { ContentStore, type Draft } from "../../../archive/tree/content_store.ts";

/** Bytes of all contents. More would take long to compare, and much of a disk that may be in memory. */
export const MOST_KEPT = 512 << 20;

/** Never throws where contents are added. */
export class BoundedStore extends ContentStore {
  readonly #most: number;
  #failure: unknown;

  constructor(most = MOST_KEPT) {
    super();
    this.#most = most;
  }

  /** Why a content was not kept: what the disk said. Undefined if it was not the disk. */
  get failure(): unknown {
    return this.#failure;
  }

  override put(sha256: string, content: Uint8Array): void {
    if (this.bytes + content.length > this.#most) return;
    this.#try(() => super.put(sha256, content));
  }

  override draft(): Draft {
    const inner = super.draft();
    let size = 0;
    let isWhole = true;
    return {
      add: (piece) => {
        size += piece.length;
        isWhole &&= this.bytes + size <= this.#most && this.#try(() => inner.add(piece));
      },
      keep: (sha256) => isWhole ? inner.keep(sha256) : inner.drop(),
      drop: () => inner.drop(),
    };
  }

  /** Whether it succeeded. */
  #try(write: () => void): boolean {
    if (this.#failure !== undefined) return false;
    try {
      write();
      return true;
    } catch (error) {
      this.#failure = error;
      return false;
    }
  }
}
