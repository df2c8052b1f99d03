/** One page of a listing: a pure function over the index of a bucket. */
import type { ObjectRecord } from "../storage/bucket.ts";
import { compareKeys } from "../storage/key_order.ts";

/** What a listing needs of an index. */
export interface Listable {
  atOrAfter(key: string): ObjectRecord | undefined;
  after(key: string): ObjectRecord | undefined;
  afterPrefix(prefix: string): ObjectRecord | undefined;
}

/** Where a listing goes on: after a key, or after all keys of a common prefix. */
export interface ListPosition {
  readonly after: string;
  readonly isPrefix: boolean;
}

export interface ListOptions {
  readonly prefix: string;
  /** Empty for none. */
  readonly delimiter: string;
  readonly position: ListPosition | undefined;
  readonly maxKeys: number;
}

export interface ListPage {
  readonly contents: readonly ObjectRecord[];
  readonly commonPrefixes: readonly string[];
  /** Where the next page begins; undefined after the last one. */
  readonly next: ListPosition | undefined;
}

/** Lists at most `maxKeys` objects and common prefixes, skipping over what a prefix stands for. */
export function listPage(index: Listable, options: ListOptions): ListPage {
  const { prefix, delimiter, maxKeys } = options;
  const contents: ObjectRecord[] = [];
  const commonPrefixes: string[] = [];
  let last: ListPosition | undefined;
  let record = first(index, options);
  while (record !== undefined && record.key.startsWith(prefix)) {
    if (contents.length + commonPrefixes.length >= maxKeys) {
      return { contents, commonPrefixes, next: last };
    }
    const common = commonPrefixOf(record.key, { prefix, delimiter });
    if (common === undefined) {
      contents.push(record);
      last = { after: record.key, isPrefix: false };
      record = index.after(record.key);
    } else {
      commonPrefixes.push(common);
      last = { after: common, isPrefix: true };
      record = index.afterPrefix(common);
    }
  }
  return { contents, commonPrefixes, next: undefined };
}

function first(index: Listable, { prefix, position }: ListOptions): ObjectRecord | undefined {
  if (position === undefined || compareKeys(position.after, prefix) < 0) {
    return index.atOrAfter(prefix);
  }
  return position.isPrefix ? index.afterPrefix(position.after) : index.after(position.after);
}

/** The key up to the first delimiter behind the prefix; undefined if there is none. */
export function commonPrefixOf(
  key: string,
  { prefix, delimiter }: { prefix: string; delimiter: string },
): string | undefined {
  if (delimiter === "" || !key.startsWith(prefix)) return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at === -1 ? undefined : key.slice(0, at + delimiter.length);
}
