/** All buckets: one folder each, in one folder. */
import { Bucket, type StorageOptions } from "./bucket.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !/\.\.|\.-|-\./.test(name) &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) && !/^(xn--|sthree-)|(-s3alias|--ol-s3)$/.test(name);
}

export class Store {
  readonly #folder: string;
  readonly #options: StorageOptions;
  readonly #buckets = new Map<string, Bucket>();
  readonly #lock: Deno.FsFile;

  /** Reads what is there. Throws if another server has the folder. */
  constructor(folder: string, options: StorageOptions) {
    this.#folder = folder;
    this.#options = options;
    Deno.mkdirSync(folder, { recursive: true });
    this.#lock = lockFolder(folder);
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      if (!isDirectory || !isBucketName(name)) continue;
      const bucket = Bucket.load(`${folder}/${name}`, { ...options, name });
      if (bucket !== undefined) this.#buckets.set(name, bucket);
    }
  }

  bucket(name: string): Bucket | undefined {
    return this.#buckets.get(name);
  }

  /** In order of their names. */
  get buckets(): Bucket[] {
    return [...this.#buckets.values()].sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /** Makes a bucket; the one that is there stays as it is. */
  create(name: string): Bucket {
    const bucket = this.#buckets.get(name) ??
      Bucket.create(`${this.#folder}/${name}`, { ...this.#options, name });
    this.#buckets.set(name, bucket);
    return bucket;
  }

  remove(bucket: Bucket): void {
    this.#buckets.delete(bucket.name);
    bucket.remove();
  }

  /**
   * Lets another server have the folder. Closing the file alone would not do so yet: a program that is being
   * started, by whatever thread, holds a copy of it for a moment.
   */
  close(): void {
    this.#lock.unlockSync();
    this.#lock.close();
  }
}

/** An flock on a file of the folder: it ends with the process, however that ends. */
function lockFolder(folder: string): Deno.FsFile {
  const file = Deno.openSync(`${folder}/.lock`, { write: true, create: true });
  if (file.tryLockSync(true)) return file;
  file.close();
  throw new Error(`Cannot use ${folder}: another server is running on it`);
}
