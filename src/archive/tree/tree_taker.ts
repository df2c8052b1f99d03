/** Takes the tree of an archive during its check. */
import type { EntryWatcher } from "../check.ts";
import type { Entry } from "../entry.ts";
import type { ContentStore } from "./content_store.ts";
import type { RevisionTree } from "./tree.ts";

interface TakerOptions {
  /** Asked when a file's content is complete. If true, the store keeps its bytes. */
  readonly keep?: ((sha256: string) => boolean) | undefined;
  readonly store?: ContentStore | undefined;
}

/** Follows what unpacking the same entries leaves on the disk. */
export class TreeTaker implements EntryWatcher {
  constructor(_options: TakerOptions = {}) {}

  begin(_entry: Entry, _path: string): void {
    throw new Error("not made yet");
  }

  data(_piece: Uint8Array): void {
    throw new Error("not made yet");
  }

  end(): void {
    throw new Error("not made yet");
  }

  /** The tree. Call it after `end`. Undefined if the tree exceeds the bounds of a tree's text. */
  tree(): RevisionTree | undefined {
    throw new Error("not made yet");
  }
}
