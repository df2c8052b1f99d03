/**
 * One bucket: a folder with `objects/` (one file each), `uploads/` (one folder each) and `tmp/`
 * (files in the making, removed at the next start), and the index of its objects in memory.
 */
import type { ChecksumAlgorithm } from "../payload/checksums.ts";
import { fileNameOf, FolderFlush, writeFileAtomically } from "./folder.ts";
import { KeyIndex } from "./key_index.ts";
import { readRecord, RecordWriter } from "./record_file.ts";
import { Uploads } from "./uploads.ts";

export type ChecksumType = "FULL_OBJECT" | "COMPOSITE";

export interface StoredChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
  /** Base64; a composite one ends in `-` and the number of parts. */
  readonly value: string;
}

/** Everything that is known about an object but its bytes. */
export interface ObjectRecord {
  readonly key: string;
  /** In bytes. */
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** Unix milliseconds, of whole seconds: Last-Modified knows no smaller ones. */
  readonly modified: number;
  /** Content-Type and the like, by lower-case name, as they are sent back. */
  readonly headers: Readonly<Record<string, string>>;
  /** User metadata by lower-case name without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly storageClass: string;
  readonly checksum?: StoredChecksum;
  /** The sizes of the parts it was uploaded in. */
  readonly parts?: readonly number[];
  /** The upload it came from, so that a crash between its two last steps is recognised. */
  readonly uploadId?: string;
}

/** Decides whether a change may happen, given what is there. Throws if it may not. */
export type Precondition = (current: ObjectRecord | undefined) => void;

/** Told while a conditional write is under way whether its key was deleted meanwhile. */
export interface DeletionWatch extends Disposable {
  readonly deleted: boolean;
}

export interface StorageOptions {
  /** Whether to wait for the disk before a change is confirmed. */
  readonly durable: boolean;
}

const BUCKET_FILE = "bucket.json";

export class Bucket {
  readonly name: string;
  /** Unix milliseconds. */
  readonly created: number;
  readonly uploads: Uploads;
  readonly #folder: string;
  readonly #durable: boolean;
  readonly #objects: KeyIndex<ObjectRecord>;
  readonly #objectsFlush: FolderFlush;
  readonly #watches = new Map<string, Set<{ deleted: boolean }>>();

  private constructor(
    folder: string,
    options: StorageOptions & { name: string; created: number },
  ) {
    this.name = options.name;
    this.created = options.created;
    this.#folder = folder;
    this.#durable = options.durable;
    this.#objectsFlush = new FolderFlush(`${folder}/objects`);
    emptyFolder(`${folder}/tmp`);
    this.#objects = new KeyIndex(loadObjects(`${folder}/objects`));
    this.uploads = new Uploads(`${folder}/uploads`, {
      durable: options.durable,
      newFile: () => this.newFile(),
      isCompleted: (key, id) => this.#objects.get(key)?.uploadId === id,
    });
  }

  /** Makes the folders; the bucket exists when its own small file does. */
  static create(folder: string, options: StorageOptions & { name: string }): Bucket {
    const created = Date.now();
    for (const name of ["objects", "uploads", "tmp"]) {
      Deno.mkdirSync(`${folder}/${name}`, { recursive: true });
    }
    writeFileAtomically(`${folder}/${BUCKET_FILE}`, JSON.stringify({ created }));
    return new Bucket(folder, { ...options, created });
  }

  /** Reads a bucket from disk; undefined if the folder is not a bucket. */
  static load(folder: string, options: StorageOptions & { name: string }): Bucket | undefined {
    let json: string;
    try {
      json = Deno.readTextFileSync(`${folder}/${BUCKET_FILE}`);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
    const { created } = JSON.parse(json) as { created: number };
    return new Bucket(folder, { ...options, created });
  }

  /** Removes the bucket and all that belongs to it. */
  remove(): void {
    Deno.removeSync(`${this.#folder}/${BUCKET_FILE}`);
    Deno.removeSync(this.#folder, { recursive: true });
  }

  get objects(): Omit<KeyIndex<ObjectRecord>, "set" | "delete"> {
    return this.#objects;
  }

  /** A file to receive an object or a part. Whoever takes it discards it in the end. */
  newFile(): RecordWriter {
    return new RecordWriter(`${this.#folder}/tmp`);
  }

  /** Opens the bytes of an object; they stay readable when it is replaced or deleted. */
  open(record: ObjectRecord): Deno.FsFile {
    return Deno.openSync(this.#pathOf(record.key));
  }

  #pathOf(key: string): string {
    return `${this.#folder}/objects/${fileNameOf(key)}`;
  }

  /**
   * Makes an object of a written file. The precondition is asked in the same breath as the object
   * appears, so that of several writers exactly one wins.
   */
  async put(file: RecordWriter, record: ObjectRecord, precondition: Precondition): Promise<void> {
    await file.seal(record, { durable: this.#durable });
    precondition(this.#objects.get(record.key));
    file.moveTo(this.#pathOf(record.key));
    this.#objects.set(record.key, record);
    if (this.#durable) await this.#objectsFlush.flush();
  }

  /** Deletes an object if it is there. */
  async delete(key: string, precondition: Precondition = () => {}): Promise<void> {
    const current = this.#objects.get(key);
    precondition(current);
    if (current === undefined) return;
    Deno.removeSync(this.#pathOf(key));
    this.#objects.delete(key);
    for (const watch of this.#watches.get(key) ?? []) watch.deleted = true;
    if (this.#durable) await this.#objectsFlush.flush();
  }

  /** Watches a key for deletion until disposed of. */
  watchDeletion(key: string): DeletionWatch {
    const watch = {
      deleted: false,
      [Symbol.dispose]: (): void => {
        watches.delete(watch);
        if (watches.size === 0 && this.#watches.get(key) === watches) this.#watches.delete(key);
      },
    };
    const watches = this.#watches.get(key) ?? new Set();
    this.#watches.set(key, watches.add(watch));
    return watch;
  }
}

function emptyFolder(path: string): void {
  for (const { name } of Deno.readDirSync(path)) {
    Deno.removeSync(`${path}/${name}`, { recursive: true });
  }
}

/** Reads the record of every object. What is no record is left alone and not shown. */
function* loadObjects(folder: string): Generator<[string, ObjectRecord]> {
  for (const { name } of Deno.readDirSync(folder)) {
    const found = readRecord(`${folder}/${name}`);
    const record = found?.record as ObjectRecord | undefined;
    if (record === undefined || found?.size !== record.size) continue;
    if (fileNameOf(record.key) === name) yield [record.key, record];
  }
}
