/** Multipart uploads that are under way: one folder each, with `upload.json` and a file a part. */
import type { ChecksumAlgorithm } from "../payload/checksums.ts";
import type { ChecksumType } from "./bucket.ts";
import { FolderFlush, writeFileAtomically } from "./folder.ts";
import { compareKeys } from "./key_order.ts";
import { readRecord, type RecordWriter } from "./record_file.ts";

/** What CreateMultipartUpload laid down. */
export interface UploadRecord {
  readonly id: string;
  readonly key: string;
  /** Unix milliseconds. */
  readonly initiated: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly storageClass: string;
  /** What the client chose; undefined if it left the choice to S3. */
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly type: ChecksumType };
}

export interface PartRecord {
  readonly number: number;
  readonly size: number;
  readonly etag: string;
  readonly modified: number;
  /** Base64. */
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly value: string };
}

export interface UploadsOptions {
  readonly durable: boolean;
  newFile(): RecordWriter;
  /** Whether that upload has become the object, and only its folder is left over. */
  isCompleted(key: string, id: string): boolean;
}

const UPLOAD_FILE = "upload.json";

/** One upload. Changes to it happen one after the other. */
export class Upload {
  readonly record: UploadRecord;
  readonly #folder: string;
  readonly #parts = new Map<number, PartRecord>();
  #last: Promise<unknown> = Promise.resolve();
  #over = false;

  constructor(folder: string, record: UploadRecord) {
    this.#folder = folder;
    this.record = record;
  }

  /** Completed or aborted: its parts are gone. */
  get over(): boolean {
    return this.#over;
  }

  /** In order of their numbers. */
  get parts(): PartRecord[] {
    return [...this.#parts.values()].sort((a, b) => a.number - b.number);
  }

  part(number: number): PartRecord | undefined {
    return this.#parts.get(number);
  }

  /** Runs `change` when the changes before it are done. */
  exclusively<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#last.then(change);
    this.#last = result.catch(() => {});
    return result;
  }

  /** Takes in a written and sealed part, in place of an older one of that number. */
  addPart(file: RecordWriter, part: PartRecord): void {
    file.moveTo(this.partPath(part.number));
    this.#parts.set(part.number, part);
  }

  partPath(number: number): string {
    return `${this.#folder}/${String(number).padStart(5, "0")}`;
  }

  /** Takes in the parts that are on disk. */
  loadParts(): void {
    for (const { name } of Deno.readDirSync(this.#folder)) {
      if (!/^\d{5}$/.test(name)) continue;
      const found = readRecord(`${this.#folder}/${name}`);
      const part = found?.record as PartRecord | undefined;
      if (part !== undefined && part.size === found?.size) this.#parts.set(part.number, part);
    }
  }

  /** Removes the parts and the upload itself. */
  end(): void {
    this.#over = true;
    Deno.removeSync(this.#folder, { recursive: true });
  }
}

export class Uploads {
  readonly #folder: string;
  readonly #options: UploadsOptions;
  readonly #flush: FolderFlush;
  readonly #uploads = new Map<string, Upload>();

  constructor(folder: string, options: UploadsOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#flush = new FolderFlush(folder);
    for (const { name } of Deno.readDirSync(folder)) this.#load(name);
  }

  #load(name: string): void {
    const folder = `${this.#folder}/${name}`;
    let record: UploadRecord | undefined;
    try {
      record = JSON.parse(Deno.readTextFileSync(`${folder}/${UPLOAD_FILE}`));
    } catch {
      // The server died while it was begun or ended: nobody was told of it.
    }
    if (record === undefined || this.#options.isCompleted(record.key, record.id)) {
      Deno.removeSync(folder, { recursive: true });
      return;
    }
    const upload = new Upload(folder, record);
    upload.loadParts();
    this.#uploads.set(record.id, upload);
  }

  /** Begins an upload. */
  async create(record: UploadRecord): Promise<void> {
    const folder = `${this.#folder}/${record.id}`;
    Deno.mkdirSync(folder);
    writeFileAtomically(`${folder}/${UPLOAD_FILE}`, JSON.stringify(record));
    this.#uploads.set(record.id, new Upload(folder, record));
    if (this.#options.durable) await this.#flush.flush();
  }

  get(id: string): Upload | undefined {
    const upload = this.#uploads.get(id);
    return upload?.over === true ? undefined : upload;
  }

  /** Ends an upload, completed or aborted. */
  end(upload: Upload): void {
    upload.end();
    this.#uploads.delete(upload.record.id);
  }

  newFile(): RecordWriter {
    return this.#options.newFile();
  }

  get durable(): boolean {
    return this.#options.durable;
  }

  /** By key, and by time for one key, as S3 lists them. */
  list(): UploadRecord[] {
    return [...this.#uploads.values()].map((upload) => upload.record).sort((a, b) =>
      compareKeys(a.key, b.key) || a.initiated - b.initiated || compareKeys(a.id, b.id)
    );
  }
}
