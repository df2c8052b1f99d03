/** What the bucket does by the SDK's client for S3: all but the first try of what is read. */
import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, S3Client } from "./sdk.ts";
import { codeOf } from "../aws/sdk_error.ts";
import type { NotRemoved, ObjectInfo, OpenUpload, SmallObject } from "../bucket.ts";
import { removeMany } from "./bulk_removal.ts";
import { clientSettings } from "./client.ts";
import type { Connection } from "./connection.ts";
import { type BytesWrite, putBytes } from "./put_bytes.ts";
import { type OnceBucket, type OnceWrite, putOnce } from "./put_once.ts";
import { SdkReads } from "./sdk_reads.ts";
import type { StoreLacks } from "./store_lacks.ts";
import { S3Writes } from "./writes.ts";

interface SdkBucketOptions {
  readonly name: string;
  readonly connection: Connection;
  /** Ends every request. */
  readonly signal: AbortSignal | undefined;
  readonly lacks: StoreLacks;
  readonly isForeign: boolean;
  /** The error for the user. */
  readonly explain: (error: unknown, action: string, key: string | undefined) => Error;
  readonly head: (key: string) => Promise<ObjectInfo | undefined>;
  /** `signal`, or else the command's, ends it. */
  readonly getSmall: (key: string, signal?: AbortSignal) => Promise<SmallObject | undefined>;
}

export class SdkBucket {
  readonly #name: string;
  readonly #client: S3Client;
  readonly #signal: AbortSignal | undefined;
  readonly #explain: SdkBucketOptions["explain"];
  readonly #once: OnceBucket;
  readonly reads: SdkReads;
  readonly writes: S3Writes;

  constructor({ connection, ...shared }: SdkBucketOptions) {
    const { name, signal, explain } = shared;
    const settings = clientSettings(connection);
    const client = new S3Client(settings.config);
    this.#name = name;
    this.#client = client;
    this.#signal = signal;
    this.#explain = explain;
    this.#once = { ...shared, client, settings };
    this.reads = new SdkReads({ bucket: name, client, settings });
    this.writes = new S3Writes({ ...shared, client });
  }

  async putBytes(write: BytesWrite): Promise<void> {
    await putBytes(this.#once, write);
  }

  async putOnce(write: OnceWrite): Promise<void> {
    await putOnce(this.#once, write);
  }

  async removeMany(keys: readonly string[]): Promise<NotRemoved[]> {
    return await removeMany(keys, {
      client: this.#client,
      bucket: this.#name,
      signal: this.#signal,
      removeOne: (key) => this.writes.remove(key),
      explain: (error, key) => this.#explain(error, "s3:DeleteObject", key),
    });
  }

  async openUploads(prefix: string): Promise<OpenUpload[]> {
    const command = new ListMultipartUploadsCommand({ Bucket: this.#name, Prefix: prefix });
    try {
      const { Uploads = [] } = await this.#client.send(command, this.#options);
      // S3 reports times by its own clock. The client has learned by now how far this machine's clock
      // is off.
      const offset = this.#client.config.systemClockOffset;
      return Uploads.map(({ Key = "", UploadId = "", Initiated }) => {
        return { key: Key, uploadId: UploadId, begun: (Initiated?.getTime() ?? Infinity) - offset };
      });
    } catch (error) {
      throw this.#explain(error, "s3:ListBucketMultipartUploads", undefined);
    }
  }

  async dropUpload({ key, uploadId }: OpenUpload): Promise<void> {
    const target = { Bucket: this.#name, Key: key, UploadId: uploadId };
    try {
      await this.#client.send(new AbortMultipartUploadCommand(target), this.#options);
    } catch (error) {
      if (codeOf(error) === "NoSuchUpload") return;
      throw this.#explain(error, "s3:AbortMultipartUpload", key);
    }
  }

  get #options(): { abortSignal?: AbortSignal } {
    return this.#signal === undefined ? {} : { abortSignal: this.#signal };
  }
}
