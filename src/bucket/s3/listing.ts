/**
 * Reads a listing of S3, page by page to its end, and refuses one that has no end or is malformed.
 */
import { StorageError } from "../../errors.ts";
import { escapeControls } from "../../foreign_text.ts";
import type { ListedObject, ListedPage } from "../bucket.ts";
import type { _Object, ListObjectsV2CommandOutput } from "./sdk.ts";

/** A page as the SDK returns it. */
export type ListPage = Pick<
  ListObjectsV2CommandOutput,
  "Contents" | "IsTruncated" | "NextContinuationToken"
>;

interface Listing {
  readonly bucket: string;
  readonly prefix: string;
  /** Requests one page. Without a token it is the first page. */
  readonly ask: (token: string | undefined) => Promise<ListPage>;
}

/** At most so many keys are kept in memory. */
const MOST_KEYS = 1_000_000;
/** Empty pages in a row. A store may send some while it skips deleted objects. */
const MOST_EMPTY_PAGES = 100;
/** In bytes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const LONGEST_KEY = 1024;

/**
 * All objects, each once, in the order of the store. Throws `StorageError` if the pages never end,
 * or if they contain entries that S3 cannot send.
 */
export async function listAll({ bucket, prefix, ask }: Listing): Promise<ListedObject[]> {
  const found = new Map<string, ListedObject>();
  const tokens = new Set<string>();
  let token: string | undefined;
  let emptyPages = 0;
  const refuse = (text: string, hint?: string): StorageError => refusal(bucket, text, hint);
  for (;;) {
    const page = await ask(token);
    const before = found.size;
    for (const object of objectsOf(page, { bucket, prefix })) found.set(object.key, object);
    if (page.IsTruncated !== true) return [...found.values()];
    const isEmpty = (page.Contents ?? []).length === 0;
    emptyPages = isEmpty ? emptyPages + 1 : 0;
    token = page.NextContinuationToken;
    if (!token) throw refuse("says that there is more, but not how to get it");
    if (tokens.has(token)) throw refuse("repeats an earlier page: it has no end");
    if (!isEmpty && found.size === before) throw refuse("shows the same keys again: it has no end");
    if (emptyPages > MOST_EMPTY_PAGES) throw refuse("goes on with empty pages: it has no end");
    if (found.size > MOST_KEYS) {
      throw refuse(
        `has more than ${MOST_KEYS} keys`,
        "Use a bucket of its own for FTL, or purge: ftl purge --master --keep <n> <package>",
      );
    }
    tokens.add(token);
  }
}

/** Reads one page. Throws as `listAll` does. */
export async function readPage(
  given: Pick<Listing, "bucket" | "prefix">,
  ask: () => Promise<ListPage>,
): Promise<ListedPage> {
  const page = await ask();
  const objects = objectsOf(page, given);
  if (page.IsTruncated !== true) return { objects, next: undefined };
  if (page.NextContinuationToken) return { objects, next: page.NextContinuationToken };
  throw refusal(given.bucket, "says that there is more, but not how to get it");
}

function objectsOf(
  page: ListPage,
  { bucket, prefix }: Pick<Listing, "bucket" | "prefix">,
): ListedObject[] {
  const refuse = (text: string): StorageError => refusal(bucket, text);
  return (page.Contents ?? []).map((entry) => {
    const object = listedObject(entry);
    if (object === undefined) throw refuse("has an entry without a key, a size or an ETag");
    if (!object.key.startsWith(prefix)) {
      throw refuse(`has ${shortened(object.key)}, but only ${prefix} was requested`);
    }
    if (object.key.length > LONGEST_KEY) throw refuse(`has a key of ${object.key.length} bytes`);
    return object;
  });
}

function refusal(bucket: string, text: string, hint?: string): StorageError {
  return new StorageError(`The listing of s3://${bucket} ${text}`, {
    reason: "not-s3",
    action: "s3:ListBucket",
    hint: hint ?? "The store, or a proxy before it, does not list as S3 does: see ftl doctor",
  });
}

function listedObject(
  { Key, Size, ETag, LastModified }: _Object,
): ListedObject | undefined {
  if (!Key || !ETag || Size === undefined || !Number.isSafeInteger(Size) || Size < 0) {
    return undefined;
  }
  return { key: Key, size: Size, etag: ETag, modified: LastModified?.getTime() ?? 0 };
}

function shortened(key: string): string {
  return escapeControls(key.length > 100 ? `${key.slice(0, 100)}...` : key);
}
