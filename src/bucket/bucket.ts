/**
 * The bucket, as narrow as FTL needs it. `s3/` is the implementation; `tests/bucket/suite.ts` is the
 * contract as tests, which every implementation must pass.
 *
 * All methods throw `FtlError`s that name the bucket or key: `StorageError` where S3 cannot be reached or
 * denies, `NotFoundError` where there is no such bucket.
 */
import type { Metadata } from "../revision/metadata.ts";

export interface ListedObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** With its quotes, as HTTP has it. */
  readonly etag: string;
  /** Unix time in milliseconds. */
  readonly modified: number;
}

export interface ObjectInfo {
  readonly size: number;
  readonly etag: string;
  readonly modified: number;
  readonly metadata: Metadata;
  /** S3's own checksum of the whole object, where it keeps one and tells of it: `head` does. */
  readonly checksum: Checksum | undefined;
}

export interface Checksum {
  readonly algorithm: "sha256" | "crc64nvme" | "crc32" | "md5";
  readonly hex: string;
}

/** A small object, whole. */
export interface SmallObject extends ObjectInfo {
  readonly text: string;
}

/** An object that is being read. `size` is the whole object's, whatever the range. */
export interface OpenObject extends ObjectInfo {
  /** The place of the body's first byte in the object: a store may not have understood the range. */
  readonly start: number;
  /** A stream of bytes, which can be read into memory that is there already. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/**
 * On what a write depends: `absent`, that there is no such object; `etag`, that it is still this one.
 * The check and the write are one step in the store, so of two racing writers one loses.
 */
export type Condition = { readonly absent: true } | { readonly etag: string };

/**
 * Never holds: what it leaves of a write is the question whether that is allowed. No object has such an ETag;
 * where the store ignores conditions, it is written all the same.
 */
export const NEVER: Condition = { etag: `"${"0".repeat(32)}"` };

export interface PutOptions {
  readonly metadata: Metadata;
  readonly condition?: Condition;
}

/** Bytes that are uploaded in parts, read as often as the parts need it. */
export interface UploadSource {
  /** Bytes. */
  readonly size: number;
  /** The part size that `partSha256` goes by: every part but the last has it. */
  readonly partSize: number;
  /** SHA-256 in base64 of each part, known before the upload: S3 refuses any other bytes. */
  readonly partSha256: readonly string[];
  /** Bytes from `offset`, exactly `length` of them. */
  read(offset: number, length: number): Uint8Array<ArrayBuffer>;
}

export interface UploadOptions extends PutOptions {
  readonly signal?: AbortSignal;
  /** Parts under way at the same time. */
  readonly concurrency: number;
  /** Called with the bytes that have arrived so far. */
  readonly onProgress?: (bytes: number) => void;
}

export interface ReadOptions {
  /** Reads only this version: throws `ConflictError` once the object is another. */
  readonly etag: string;
  /** Bytes, from `start` up to but not including `end`. */
  readonly range?: { readonly start: number; readonly end: number };
  readonly signal?: AbortSignal;
}

/** A part of a listing, of at most 1,000 keys. */
export interface ListedPage {
  readonly objects: readonly ListedObject[];
  /** Brings the next page; undefined on the last page. */
  readonly next: string | undefined;
}

/** Where a page begins. */
export type PageStart = {
  readonly prefix: string;
  readonly after: string;
  /** `next` of the page before. */
  readonly next?: string | undefined;
};

/** An object that stays, and why. */
export interface NotRemoved {
  readonly key: string;
  readonly error: Error;
}

/** An upload in parts that was begun, and neither completed nor taken back. */
export interface OpenUpload {
  readonly key: string;
  readonly uploadId: string;
  /** Unix time in milliseconds, by this machine's clock. */
  readonly begun: number;
}

export interface Bucket {
  readonly name: string;

  /** Every object whose key starts with `prefix`, in the order of keys' bytes, read to the end. */
  list(prefix: string): Promise<ListedObject[]>;

  /**
   * One page of all keys with `prefix` that come after `after`, or the page that follows another one. A store
   * may not know `after`, and begin with the first key.
   */
  listPage(from: PageStart): Promise<ListedPage>;

  /** Undefined where there is no such object. */
  head(key: string): Promise<ObjectInfo | undefined>;

  /**
   * A whole object of at most `SMALL_OBJECT_LIMIT` bytes. Undefined where there is none. Throws
   * `IntegrityError` where it is larger.
   */
  getSmall(key: string): Promise<SmallObject | undefined>;

  /**
   * The bytes of an object as they come. Throws `NotFoundError` where it is gone. Asks once: neither the
   * request nor the body, which throws what the network throws, is tried again here.
   */
  read(key: string, options: ReadOptions): Promise<OpenObject>;

  /**
   * Writes a small object at once; the answer is its ETag. Throws `ConflictError` where the condition
   * does not hold, and then nothing is written.
   */
  put(key: string, text: string, options: PutOptions): Promise<string>;

  /**
   * Writes a large object: visible only when complete, never half. On failure or abort nothing stays
   * in the bucket, parts included. Throws `ConflictError` as `put` does.
   */
  upload(key: string, source: UploadSource, options: UploadOptions): Promise<void>;

  /** Removes an object; that there is none is no error. */
  remove(key: string): Promise<void>;

  /**
   * Removes objects, 1,000 by one request where the store can. The answer is those that stay. Throws what
   * concerns all of them; some may have gone by then.
   */
  removeMany(keys: readonly string[]): Promise<NotRemoved[]>;

  /** The open uploads to keys that start with `prefix`: the first 1,000. */
  openUploads(prefix: string): Promise<OpenUpload[]>;

  /** Takes an upload back with its parts; that it is gone is no error. */
  dropUpload(upload: OpenUpload): Promise<void>;
}

/** Who asks, and where the bucket is. */
export interface Identity {
  readonly accessKeyId: string;
  /** Where the credentials came from, as a person says it. */
  readonly source: string;
  /** Unix time in milliseconds; undefined where they do not expire, or do not say. */
  readonly expires: number | undefined;
  /** Undefined where nothing tells. */
  readonly region: string | undefined;
}

/** A bucket that also tells by what it is asked: for those who look for what is wrong. */
export interface OpenedBucket extends Bucket {
  /** Whether the store is another than AWS. */
  readonly isForeign: boolean;

  /** Throws `UsageError` where there are no credentials. */
  identify(): Promise<Identity>;
}

/**
 * What a store that speaks S3's language may lack of it:
 *
 * - `conditions`: refuses `If-Match` and `If-None-Match` on writes.
 * - `heed`: takes them, and writes whether or not they hold.
 * - `quotes`: never finds an ETag in `If-Match` that has the quotes which HTTP gives it.
 * - `checksums`: refuses `x-amz-checksum-*`.
 * - `part-checksums`: refuses the parts' checksums at the end of an upload.
 */
export type Lack = "conditions" | "heed" | "quotes" | "checksums" | "part-checksums";

/** Told each lack when it shows, with a sentence for people. */
export type OnLack = (lack: Lack, sentence: string) => void;

/** How a bucket is opened. */
export interface BucketOptions {
  /** Ends every request that is under way; what an upload has begun is still taken back. */
  readonly signal?: AbortSignal;
  /** Told the headers of each answer of S3. */
  readonly onAnswer?: (headers: Headers) => void;
  /** Told once what the store lacks, when it shows. */
  readonly onLack?: OnLack;
}

/** Bytes: ten times the longest pointer that FTL writes, and no memory worth speaking of. */
export const SMALL_OBJECT_LIMIT = 4096;
