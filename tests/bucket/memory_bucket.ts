/**
 * A bucket in memory, for tests that need no socket. It is long because it keeps the contract of
 * `src/bucket/bucket.ts` whole.
 */
import { createHash } from "node:crypto";
import type {
  BytesOptions,
  Condition,
  CopySource,
  Identity,
  ListedObject,
  ListedPage,
  ListingOptions,
  NotRemoved,
  ObjectBytes,
  ObjectInfo,
  OpenedBucket,
  OpenObject,
  OpenUpload,
  PageStart,
  PutBytesOptions,
  PutOptions,
  ReadOptions,
  SmallObject,
  SmallOptions,
  UploadOptions,
  UploadSource,
} from "../../src/bucket/bucket.ts";
import { SMALL_OBJECT_LIMIT } from "../../src/bucket/bucket.ts";
import { ConflictError, IntegrityError, NotFoundError, StorageError } from "../../src/errors.ts";
import { orAborted } from "../../src/concurrency/abortable.ts";
import type { Metadata } from "../../src/revision/metadata.ts";

interface Stored {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly etag: string;
  readonly modified: number;
  readonly metadata: Metadata;
}

const PAGE = 1000;

export class MemoryBucket implements OpenedBucket {
  readonly isForeign = true;

  lacks(): boolean {
    return false;
  }

  /** The names of the methods that were called, in their order. */
  readonly calls: string[] = [];
  /**
   * The store's clock: Unix milliseconds. With each pointer it goes on to the next second: nobody may bless twice in one,
   * and who tries waits for the next one.
   */
  now: () => number = () => Date.now() + this.#ahead;
  #ahead = 0;
  /** The keys that a lifecycle rule lets expire. */
  expiring = /^$/;
  readonly #denials = new Map<string, number>();
  readonly #objects = new Map<string, Stored>();
  readonly #uploads = new Map<string, OpenUpload>();

  /** @param exists whether there is such a bucket */
  constructor(readonly name = "memory", readonly exists = true) {}

  serverTime(): number | undefined {
    return this.calls.length === 0 ? undefined : this.now();
  }

  identify(): Promise<Identity> {
    const source = "memory";
    return Promise.resolve({ accessKeyId: "", source, expires: undefined, region: undefined });
  }

  instanceId(): Promise<string | undefined> {
    return Promise.resolve(undefined);
  }

  async list(prefix: string, { delimiter }: ListingOptions = {}): Promise<ListedObject[]> {
    await this.#call("list");
    return this.#listed(prefix).filter(({ key }) =>
      delimiter === undefined || !key.slice(prefix.length).includes(delimiter)
    );
  }

  async listPage({ prefix, after, next }: PageStart): Promise<ListedPage> {
    await this.#call("listPage");
    const from = next ?? after;
    const found = this.#listed(prefix).filter(({ key }) => compareBytes(key, from) > 0);
    const objects = found.slice(0, PAGE);
    return { objects, next: found.length > PAGE ? objects.at(-1)?.key : undefined };
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    await this.#call("head");
    const found = this.#objects.get(key);
    return found && { ...infoOf(found), ...(this.expiring.test(key) ? { expires: true } : {}) };
  }

  async getSmall(
    key: string,
    { limit = SMALL_OBJECT_LIMIT }: SmallOptions = {},
  ): Promise<SmallObject | undefined> {
    await this.#call("getSmall");
    const found = this.#objects.get(key);
    if (found === undefined) return undefined;
    if (found.bytes.length > limit) {
      throw new IntegrityError(`${key} is no pointer to a revision: ${found.bytes.length} bytes`);
    }
    return { ...infoOf(found), text: new TextDecoder().decode(found.bytes) };
  }

  async read(key: string, { etag, range, signal }: ReadOptions): Promise<OpenObject> {
    await this.#call("read");
    signal?.throwIfAborted();
    const found = this.#objects.get(key);
    if (found === undefined) throw new NotFoundError(`No ${key} in ${this.name}`);
    if (found.etag !== etag) throw new ConflictError(`${key} is another object by now`);
    const { start, end } = range ?? { start: 0, end: found.bytes.length };
    const body = new Blob([found.bytes.slice(start, end)]).stream();
    return { ...infoOf(found), start, body };
  }

  async getBytes(
    key: string,
    { limit, signal }: BytesOptions,
  ): Promise<ObjectBytes | undefined> {
    await this.#call("getBytes");
    signal.throwIfAborted();
    const found = this.#objects.get(key);
    if (found === undefined) return undefined;
    if (found.bytes.length > limit) {
      throw new IntegrityError(`${key} is too large: ${found.bytes.length} bytes`);
    }
    return { ...infoOf(found), bytes: found.bytes.slice() };
  }

  async put(key: string, text: string, { metadata, condition }: PutOptions): Promise<string> {
    await this.#call("put");
    const etag = this.#write(key, new TextEncoder().encode(text), { metadata, condition });
    if (key.endsWith(".rev")) this.#ahead += 1000 - this.now() % 1000;
    return etag;
  }

  async putBytes(
    key: string,
    bytes: Uint8Array<ArrayBuffer>,
    { metadata, signal }: PutBytesOptions,
  ): Promise<void> {
    await this.#call("putBytes");
    signal.throwIfAborted();
    this.#write(key, bytes.slice(), { metadata, condition: undefined });
  }

  async putOnce(key: string, text: string): Promise<void> {
    await this.#call("putOnce");
    const bytes = new TextEncoder().encode(text);
    this.#write(key, bytes, { metadata: {}, condition: undefined });
  }

  async upload(key: string, source: UploadSource, options: UploadOptions): Promise<void> {
    await this.#call("upload");
    const { metadata, condition, signal, visibleAfter = Promise.resolve() } = options;
    let refusal: { readonly reason: unknown } | undefined;
    visibleAfter.catch((reason) => refusal = { reason });
    try {
      const bytes = this.#readParts(key, source, options);
      await orAborted(() => visibleAfter, signal);
      this.#write(key, bytes, { metadata, condition });
    } catch (error) {
      await new Promise((resolve) => setTimeout(resolve, 0)); // as the abort of a real upload takes time
      throw signal?.aborted || refusal === undefined ? error : refusal.reason;
    }
  }

  #readParts(
    key: string,
    source: UploadSource,
    { signal, onProgress }: UploadOptions,
  ): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(source.size);
    let copied = 0;
    for (const { offset, length, sha256, copy } of source.parts) {
      signal?.throwIfAborted();
      const copies = source.parts.length === 1 ? undefined : this.#copy(copy, length);
      const isCopied = copies !== undefined && sha256Of(copies) === sha256;
      if (isCopied) copied += length;
      const part = isCopied ? copies : source.read(offset, length);
      signal?.throwIfAborted();
      if (sha256Of(part) !== sha256) {
        throw new IntegrityError(`${key} has changed while it was uploaded`);
      }
      bytes.set(part, offset);
      onProgress?.(offset + part.length, copied);
    }
    return bytes;
  }

  #copy(copy: CopySource | undefined, length: number): Uint8Array<ArrayBuffer> | undefined {
    const found = copy && this.#objects.get(copy.key);
    if (copy === undefined || found?.etag !== copy.etag) return undefined;
    return found.bytes.slice(copy.start, copy.start + length);
  }

  async remove(key: string): Promise<void> {
    await this.#call("remove");
    this.#objects.delete(key);
  }

  async removeMany(keys: readonly string[]): Promise<NotRemoved[]> {
    await this.#call("removeMany");
    for (const key of keys) this.#objects.delete(key);
    return [];
  }

  async openUploads(prefix: string): Promise<OpenUpload[]> {
    await this.#call("openUploads");
    return [...this.#uploads.values()].filter(({ key }) => key.startsWith(prefix)).slice(0, PAGE);
  }

  async dropUpload({ uploadId }: OpenUpload): Promise<void> {
    await this.#call("dropUpload");
    this.#uploads.delete(uploadId);
  }

  /** The next calls of a method fail, as if the credentials did not allow them. */
  deny(method: string, count: number): void {
    this.#denials.set(method, count);
  }

  /** As somebody with another tool changes an object, if it is there. What is left out stays. */
  rewrite(
    key: string,
    change: (
      found: Pick<Stored, "bytes" | "metadata">,
    ) => Partial<Pick<Stored, "bytes" | "metadata">>,
  ): void {
    const found = this.#objects.get(key);
    if (found === undefined) return;
    const { bytes, metadata } = { ...found, ...change(found) };
    this.#write(key, bytes, { metadata, condition: undefined });
  }

  /** Copies an object, or puts it back as it was then. */
  snapshot(key: string): (to?: string) => void {
    const found = this.#objects.get(key);
    if (found === undefined) throw new Error(`there is no ${key}`);
    const { bytes, metadata } = found;
    return (to = key) => void this.#write(to, bytes, { metadata, condition: undefined });
  }

  /** As a killed `ftl spool` leaves one. */
  leaveUpload(upload: OpenUpload): void {
    this.#uploads.set(upload.uploadId, upload);
  }

  /** Never answers at once: so a caller that does not wait for the answer fails a test. */
  async #call(method: string): Promise<void> {
    this.calls.push(method);
    await Promise.resolve();
    if (!this.exists) throw new NotFoundError(`No bucket ${this.name}`);
    const denials = this.#denials.get(method) ?? 0;
    if (denials > 0) {
      this.#denials.set(method, denials - 1);
      throw new StorageError(`${method} is denied in ${this.name}`, { reason: "denied" });
    }
  }

  #write(
    key: string,
    bytes: Uint8Array<ArrayBuffer>,
    { metadata, condition }: { metadata: Metadata; condition: Condition | undefined },
  ): string {
    const there = this.#objects.get(key)?.etag;
    const wanted = condition === undefined || "absent" in condition ? undefined : condition.etag;
    if (condition !== undefined && there !== wanted) {
      throw new ConflictError(`${key} was written by somebody else`);
    }
    const etag = `"${createHash("md5").update(bytes).digest("hex")}"`;
    this.#objects.set(key, { bytes, etag, modified: this.now(), metadata });
    return etag;
  }

  #listed(prefix: string): ListedObject[] {
    return [...this.#objects].filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => compareBytes(a, b))
      .map(([key, { bytes, etag, modified }]) => ({ key, size: bytes.length, etag, modified }));
  }
}

function infoOf({ bytes, etag, modified, metadata }: Stored): ObjectInfo {
  return { size: bytes.length, etag, modified, metadata, checksum: undefined };
}

/** As S3 sorts keys: by the bytes of their UTF-8. */
function compareBytes(a: string, b: string): number {
  return new TextDecoder("latin1").decode(new TextEncoder().encode(a)) <
      new TextDecoder("latin1").decode(new TextEncoder().encode(b))
    ? -1
    : a === b
    ? 0
    : 1;
}

function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64");
}
