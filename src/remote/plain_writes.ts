/** For stores that do not know conditional writes: the plain write, with a warning. */
import { ConflictError, StorageError } from "../core/errors.ts";
import type {
  Bucket,
  Condition,
  ListedObject,
  ObjectInfo,
  OpenObject,
  OpenUpload,
  PutOptions,
  ReadOptions,
  SmallObject,
  UploadOptions,
  UploadSource,
} from "./bucket.ts";

/**
 * The same bucket, but that a conditional write which the store answers with `NotImplemented` is done without
 * its condition. That is looked at just before: not one step any more, so of two racing writers both may
 * believe that they won. `warn` is told so, once.
 */
export class PlainWrites implements Bucket {
  readonly #bucket: Bucket;
  readonly #warn: (message: string) => void;
  #warned = false;

  constructor(bucket: Bucket, warn: (message: string) => void) {
    this.#bucket = bucket;
    this.#warn = warn;
  }

  get name(): string {
    return this.#bucket.name;
  }

  put(key: string, text: string, options: PutOptions): Promise<string> {
    return this.#write(key, options, (given) => this.#bucket.put(key, text, given));
  }

  upload(key: string, source: UploadSource, options: UploadOptions): Promise<void> {
    return this.#write(key, options, (given) => this.#bucket.upload(key, source, given));
  }

  list(prefix: string): Promise<ListedObject[]> {
    return this.#bucket.list(prefix);
  }

  head(key: string): Promise<ObjectInfo | undefined> {
    return this.#bucket.head(key);
  }

  getSmall(key: string): Promise<SmallObject | undefined> {
    return this.#bucket.getSmall(key);
  }

  read(key: string, options: ReadOptions): Promise<OpenObject> {
    return this.#bucket.read(key, options);
  }

  remove(key: string): Promise<void> {
    return this.#bucket.remove(key);
  }

  openUploads(prefix: string): Promise<OpenUpload[]> {
    return this.#bucket.openUploads(prefix);
  }

  dropUpload(upload: OpenUpload): Promise<void> {
    return this.#bucket.dropUpload(upload);
  }

  async #write<T, O extends PutOptions>(
    key: string,
    options: O,
    write: (options: O) => Promise<T>,
  ): Promise<T> {
    try {
      return await write(options);
    } catch (error) {
      const { condition, ...unconditional } = options;
      if (condition === undefined || !isNotImplemented(error)) throw error;
      await this.#require(key, condition);
      this.#warnOnce();
      return await write(unconditional as O);
    }
  }

  async #require(key: string, condition: Condition): Promise<void> {
    const there = await this.head(key);
    const holds = "absent" in condition ? there === undefined : there?.etag === condition.etag;
    if (holds) return;
    throw new ConflictError(`s3://${this.name}/${key} was changed by somebody else meanwhile`);
  }

  #warnOnce(): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#warn(
      `${this.name} does not know conditional writes: a race with another writer is not noticed`,
    );
  }
}

function isNotImplemented(error: unknown): boolean {
  return error instanceof StorageError && error.reason === "unsupported";
}
