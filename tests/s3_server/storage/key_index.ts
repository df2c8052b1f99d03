/** The objects of a bucket in memory, in key order, with a memory of the latest changes. */
import { compareKeys } from "./key_order.ts";

/** How many changes a stale listing can go back. */
const MAX_CHANGES = 1000;

export class KeyIndex<T> {
  #keys: string[];
  readonly #entries: Map<string, T>;
  readonly #changes: { key: string; before: T | undefined }[] = [];

  constructor(entries: Iterable<readonly [string, T]> = []) {
    this.#entries = new Map(entries);
    this.#keys = [...this.#entries.keys()].sort(compareKeys);
  }

  get size(): number {
    return this.#keys.length;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key);
  }

  set(key: string, entry: T): void {
    const before = this.#entries.get(key);
    this.#remember(key, before);
    this.#entries.set(key, entry);
    if (before === undefined) this.#keys.splice(this.#lowerBound(key), 0, key);
  }

  delete(key: string): void {
    const before = this.#entries.get(key);
    if (before === undefined) return;
    this.#remember(key, before);
    this.#entries.delete(key);
    this.#keys.splice(this.#lowerBound(key), 1);
  }

  #remember(key: string, before: T | undefined): void {
    this.#changes.push({ key, before });
    if (this.#changes.length > 2 * MAX_CHANGES) this.#changes.splice(0, MAX_CHANGES);
  }

  /** The position of the first key that is not less than `key`. */
  #lowerBound(key: string): number {
    return this.#firstWhere((candidate) => compareKeys(candidate, key) >= 0);
  }

  /** The first position whose key fulfils a condition that all later keys fulfil as well. */
  #firstWhere(condition: (key: string) => boolean): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (condition(this.#keys[middle] ?? "")) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The first entry whose key is `key` or later. */
  atOrAfter(key: string): T | undefined {
    return this.#at(this.#lowerBound(key));
  }

  /** The first entry whose key comes after `key`. */
  after(key: string): T | undefined {
    return this.#at(this.#firstWhere((candidate) => compareKeys(candidate, key) > 0));
  }

  /** The first entry that comes after all keys that begin with `prefix`. */
  afterPrefix(prefix: string): T | undefined {
    return this.#at(
      this.#firstWhere((candidate) =>
        compareKeys(candidate, prefix) > 0 && !candidate.startsWith(prefix)
      ),
    );
  }

  #at(position: number): T | undefined {
    const key = this.#keys[position];
    return key === undefined ? undefined : this.#entries.get(key);
  }

  /** A copy as it was before the last `changes` changes (at most the last thousand). */
  asBefore(changes: number): KeyIndex<T> {
    const entries = new Map(this.#entries);
    for (const { key, before } of this.#changes.slice(-changes || Infinity).reverse()) {
      if (before === undefined) entries.delete(key);
      else entries.set(key, before);
    }
    return new KeyIndex(entries);
  }
}
