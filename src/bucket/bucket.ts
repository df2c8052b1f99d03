/**
 * The interface of the bucket, as narrow as FTL needs it. `s3/` is the implementation.
 * `tests/bucket/suite.ts` is the contract as tests; every implementation must pass them.
 *
 * All methods throw `FtlError`s that name the bucket or key: `StorageError` if S3 cannot be reached
 * or denies access, `NotFoundError` if the bucket does not exist.
 *
 * The file is long because the contract should be in one place.
 */
import type { Metadata } from "../revision/metadata.ts";

export interface ListedObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** The ETag with its quotes, as in HTTP. */
  readonly etag: string;
  /** Unix time in milliseconds. */
  readonly modified: number;
}

export interface ObjectInfo {
  readonly size: number;
  readonly etag: string;
  readonly modified: number;
  readonly metadata: Metadata;
  /**
   * S3's own checksum of the whole object. Undefined if S3 stores none or does not return it.
   * `head` asks for it.
   */
  readonly checksum: Checksum | undefined;
  /** True if a lifecycle rule of the bucket will remove the object. Absent if S3 does not say so. */
  readonly expires?: true;
}

export interface Checksum {
  readonly algorithm: "sha256" | "crc64nvme" | "crc32" | "md5";
  readonly hex: string;
}

/** A small object with its whole content. */
export interface SmallObject extends ObjectInfo {
  readonly text: string;
}

/** An object of bytes with its whole content. */
export interface ObjectBytes extends ObjectInfo {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * An object that is being read. `size` is the size of the whole object, even if a range is read.
 */
export interface OpenObject extends ObjectInfo {
  /**
   * The position of the body's first byte in the object. It is 0 if the store ignores the range.
   */
  readonly start: number;
  /** A stream of bytes. It can be read into memory that is already allocated. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/**
 * The condition of a write. `absent`: there is no such object. `etag`: the object still has this
 * ETag. The store checks and writes in one step, so one of two racing writers loses.
 */
export type Condition = { readonly absent: true } | { readonly etag: string };

/**
 * A condition that never holds, because no object has such an ETag. A write with it tests only
 * whether writing is allowed. A store that ignores conditions writes all the same.
 */
export const NEVER: Condition = { etag: `"${"0".repeat(32)}"` };

export interface PutOptions {
  readonly metadata: Metadata;
  readonly condition?: Condition;
  /** Milliseconds after which the write, with all its tries, is given up. Throws `StorageError` if it was not done. */
  readonly timeout?: number;
}

export interface PutBytesOptions {
  readonly metadata: Metadata;
  readonly signal: AbortSignal;
}

export interface PutOnceOptions {
  /** A MIME type. */
  readonly contentType: string;
  /** Milliseconds in which S3 must have answered. */
  readonly timeout: number;
}

/** A part of an upload. Each begins where the one before ends. */
export interface UploadPart {
  /** Where it begins: bytes. */
  readonly offset: number;
  /** In an upload of several parts, 5 MiB at least, except for the last one. */
  readonly length: number;
  /** SHA-256, in base64. It is known before the upload, so S3 refuses any other bytes. */
  readonly sha256: string;
  /** An object that is thought to have the same bytes. If S3 does not copy them, they are sent. */
  readonly copy?: CopySource | undefined;
}

/** A place in an object of the same bucket. */
export interface CopySource {
  readonly key: string;
  /** Copies only from this version. */
  readonly etag: string;
  /** Where the bytes begin. */
  readonly start: number;
}

/** Bytes that are uploaded in parts. They may be read more than once. */
export interface UploadSource {
  /** Bytes. */
  readonly size: number;
  /** At most 10,000. One part is uploaded in one request, and never copied. */
  readonly parts: readonly UploadPart[];
  /** Returns exactly `length` bytes from `offset`. */
  read(offset: number, length: number): Uint8Array<ArrayBuffer>;
}

export interface UploadOptions extends PutOptions {
  readonly signal?: AbortSignal;
  /** How many parts are under way at the same time. */
  readonly concurrency: number;
  /** Called with the bytes that have arrived so far, and those of them that were copied in S3. */
  readonly onProgress?: (bytes: number, copied: number) => void;
  /**
   * The object becomes visible only after this has resolved; parts are sent meanwhile, perhaps not
   * all. If it rejects, the upload ends at once as by an abort, and throws what this rejected with, even if the
   * upload itself fails too. An upload that fails first does not wait for it. Its rejection counts
   * as handled.
   */
  readonly visibleAfter?: Promise<unknown>;
  /** How many parts are under way at most until `visibleAfter` has resolved: what goes on then may need the memory. */
  readonly earlyConcurrency?: number;
}

export interface ReadOptions {
  /** Reads only this version. Throws `ConflictError` if the object has changed. */
  readonly etag: string;
  /** The range in bytes, from `start` up to but not including `end`. */
  readonly range?: { readonly start: number; readonly end: number };
  readonly signal?: AbortSignal;
}

/** `limit`: bytes that the object may have. */
export type SmallOptions = { readonly limit?: number };

export interface BytesOptions {
  /** Bytes that the object may have. */
  readonly limit: number;
  /** Ends the request, and the reading of its answer. */
  readonly signal: AbortSignal;
}

/** Leaves out the keys with the delimiter after the prefix. Some stores show them all the same. */
export type ListingOptions = { readonly delimiter?: "/" };

/** One page of a listing, with at most 1,000 keys. */
export interface ListedPage {
  readonly objects: readonly ListedObject[];
  /** The token of the next page. Undefined on the last page. */
  readonly next: string | undefined;
}

/** The position at which a page begins. */
export type PageStart = {
  readonly prefix: string;
  readonly after: string;
  /** `next` of the page before. */
  readonly next?: string | undefined;
};

/** An object that was not removed, and the reason. */
export interface NotRemoved {
  readonly key: string;
  readonly error: Error;
}

/** An upload in parts that was started but neither completed nor aborted. */
export interface OpenUpload {
  readonly key: string;
  readonly uploadId: string;
  /** Unix time in milliseconds, by this machine's clock. */
  readonly begun: number;
}

export interface Bucket {
  readonly name: string;

  /**
   * The store's time now, in Unix milliseconds: the `Date` of its last answer, which has whole
   * seconds, and the time that has passed since. It is up to a second too early, never too late.
   * Undefined until an answer told the time.
   */
  serverTime(): number | undefined;

  /** Every object whose key starts with `prefix`, in the order of keys' bytes, read to the end. */
  list(prefix: string, options?: ListingOptions): Promise<ListedObject[]>;

  /**
   * One page of the keys that have `prefix` and come after `after`, or the page that follows
   * `next`. Some stores ignore `after` and start with the first key.
   */
  listPage(from: PageStart): Promise<ListedPage>;

  /**
   * What S3 knows of an object. Undefined if there is no such object.
   *
   * @param signal ends the request instead of the bucket's own: what is cleaned up after an abort must still ask
   */
  head(key: string, signal?: AbortSignal): Promise<ObjectInfo | undefined>;

  /**
   * A whole object of at most `limit` bytes; without it `SMALL_OBJECT_LIMIT`, and never more than
   * `GREATEST_SMALL_LIMIT`. Undefined if there is no such object. Throws `IntegrityError` if the
   * object is larger.
   */
  getSmall(key: string, options?: SmallOptions): Promise<SmallObject | undefined>;

  /**
   * A whole object of at most `limit` bytes, of any version, in one request. Undefined if there is
   * no such object. Throws `IntegrityError` if it is larger. Its bytes are compared with nothing.
   */
  getBytes(key: string, options: BytesOptions): Promise<ObjectBytes | undefined>;

  /**
   * Streams the bytes of an object. Throws `NotFoundError` if the object is gone. Neither the
   * request nor the body is retried here. The body throws what the network throws.
   */
  read(key: string, options: ReadOptions): Promise<OpenObject>;

  /**
   * Writes a small object and returns its ETag. Throws `ConflictError` if the condition does not
   * hold; then nothing is written.
   */
  put(key: string, text: string, options: PutOptions): Promise<string>;

  /**
   * Writes an object of bytes that fit into memory, with one request, whatever is there. It may be
   * lost: an abort ends it at once, and it may have been written all the same.
   */
  putBytes(
    key: string,
    bytes: Uint8Array<ArrayBuffer>,
    options: PutBytesOptions,
  ): Promise<void>;

  /**
   * Writes a small object that may as well be lost: without a condition, without a retry, and with
   * little patience. Throws `StorageError` if no answer came in time; then it may have been written
   * all the same. An abort of the bucket's signal ends it at once.
   */
  putOnce(key: string, text: string, options: PutOnceOptions): Promise<void>;

  /**
   * Writes a large object. It is visible only when it is complete, and `visibleAfter` has resolved.
   * On failure or abort nothing stays in the bucket, not even parts. Throws `ConflictError` as `put`
   * does.
   */
  upload(key: string, source: UploadSource, options: UploadOptions): Promise<void>;

  /** Removes an object. It is no error if the object does not exist. */
  remove(key: string): Promise<void>;

  /**
   * Removes objects, 1,000 with one request if the store supports that. Returns the objects that
   * were not removed. Throws an error that concerns all objects; some of them may already be
   * removed then.
   */
  removeMany(keys: readonly string[]): Promise<NotRemoved[]>;

  /** The open uploads to keys that start with `prefix`: the first 1,000. */
  openUploads(prefix: string): Promise<OpenUpload[]>;

  /** Aborts an upload and removes its parts. It is no error if the upload is gone. */
  dropUpload(upload: OpenUpload): Promise<void>;
}

/** Whose credentials are in use, and in which region the bucket is. */
export interface Identity {
  readonly accessKeyId: string;
  /** The source of the credentials, in words for people. */
  readonly source: string;
  /**
   * Unix time in milliseconds. Undefined if the credentials do not expire, or if the time is not
   * known.
   */
  readonly expires: number | undefined;
  /** Undefined if the region is not known. */
  readonly region: string | undefined;
}

/** A bucket that also tells its kind of store, and what its credentials come from. */
export interface OpenedBucket extends Bucket {
  /** Whether the store is not AWS. */
  readonly isForeign: boolean;

  /** Whether the store is known to lack something, from what it has answered so far. */
  lacks(lack: Lack): boolean;

  /** The credentials in use. Throws `UsageError` if there are none. */
  identify(): Promise<Identity>;

  /**
   * The id of this EC2 instance. Undefined unless the credentials come from the instance's role, and its
   * metadata service tells the id within a second. Sends no request to S3.
   */
  instanceId(): Promise<string | undefined>;
}

/**
 * What an S3-compatible store may lack:
 *
 * - `conditions`: it refuses `If-Match` and `If-None-Match` on writes.
 * - `condition-checks`: it accepts them, but writes even if they do not hold.
 * - `quotes`: it never finds an ETag in `If-Match` that has the quotes of HTTP.
 * - `checksums`: it refuses `x-amz-checksum-*`.
 * - `part-checksums`: it refuses the parts' checksums at the end of an upload.
 */
export type Lack = "conditions" | "condition-checks" | "quotes" | "checksums" | "part-checksums";

/** Called when FTL finds that the store lacks something. `sentence` is for people. */
export type OnLack = (lack: Lack, sentence: string) => void;

/** Options for opening a bucket. */
export interface BucketOptions {
  /** Ends every request that is under way. An unfinished upload is still aborted in the store. */
  readonly signal?: AbortSignal;
  /** Called with the headers of each answer of S3. */
  readonly onAnswer?: (headers: Headers) => void;
  /** Called once for each thing that the store lacks, when FTL finds it. */
  readonly onLack?: OnLack;
}

/** In bytes: ten times the longest pointer that FTL writes, and still very little memory. */
export const SMALL_OBJECT_LIMIT = 4096;
/** In bytes: the longest of all small objects, a machine's report. */
export const GREATEST_SMALL_LIMIT = 16 * 1024;
