/** The bucket in Amazon S3 or in an S3-compatible store. */
import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, S3Client } from "./sdk.ts";
import type { Environment } from "../../config.ts";
import {
  type BucketOptions,
  type BytesOptions,
  type Identity,
  type Lack,
  type ListedObject,
  type ListedPage,
  type ListingOptions,
  type NotRemoved,
  type ObjectBytes,
  type ObjectInfo,
  type OnLack,
  type OpenedBucket,
  type OpenObject,
  type OpenUpload,
  type PageStart,
  type PutBytesOptions,
  type PutOnceOptions,
  type PutOptions,
  type ReadOptions,
  type SmallObject,
  type SmallOptions,
  type UploadOptions,
  type UploadSource,
} from "../bucket.ts";
import { instanceId, sourceOf } from "../aws/credentials.ts";
import { type ClientSettings, clientSettings } from "./client.ts";
import { removeMany } from "./bulk_removal.ts";
import { codeOf, statusOf } from "../aws/sdk_error.ts";
import { explainS3Error } from "./errors.ts";
import { putBytes } from "./put_bytes.ts";
import { type OnceBucket, putOnce } from "./put_once.ts";
import { S3Reads } from "./reads.ts";
import { S3Writes } from "./writes.ts";
import { ServerClock } from "./server_clock.ts";
import { StoreLacks } from "./store_lacks.ts";

/** Opens the bucket. Sends no request. */
export function openS3Bucket(
  name: string,
  env: Environment,
  { signal, onAnswer, onLack = () => {} }: BucketOptions = {},
): OpenedBucket {
  const clock = new ServerClock();
  const settings = clientSettings(env, (headers) => {
    clock.see(headers);
    onAnswer?.(headers);
  });
  return new S3Bucket(name, settings, { signal, onLack, clock });
}

class S3Bucket implements OpenedBucket {
  readonly #settings: ClientSettings;
  readonly #clock: ServerClock;
  readonly #client: S3Client;
  readonly #lacks: StoreLacks;
  readonly #options: { abortSignal?: AbortSignal };
  readonly #reads: S3Reads;
  readonly #writes: S3Writes;
  readonly #putOnce: OnceBucket;

  constructor(
    readonly name: string,
    settings: ClientSettings,
    { signal, onLack, clock }: {
      signal: AbortSignal | undefined;
      onLack: OnLack;
      clock: ServerClock;
    },
  ) {
    this.#clock = clock;
    this.#settings = settings;
    this.#client = new S3Client(settings.config);
    this.#options = signal === undefined ? {} : { abortSignal: signal };
    const shared = {
      name,
      client: this.#client,
      signal,
      explain: (error: unknown, action: string, key: string | undefined) =>
        this.#explain(error, action, key),
    };
    this.#reads = new S3Reads({ ...shared, settings });
    this.#lacks = new StoreLacks(name, {
      tell: onLack,
      known: settings.sendsChecksums ? [] : ["checksums"],
    });
    const lacks = this.#lacks;
    this.#writes = new S3Writes({
      ...shared,
      lacks,
      isForeign: this.isForeign,
      head: (key) => this.head(key),
      getSmall: (key, until) =>
        until ? this.#reads.getSmallOnce(key, { until }) : this.getSmall(key),
    });
    this.#putOnce = { ...shared, lacks, settings };
  }

  serverTime(): number | undefined {
    return this.#clock.now();
  }

  lacks(lack: Lack): boolean {
    return this.#lacks.has(lack);
  }

  get isForeign(): boolean {
    return this.#settings.endpoint !== undefined;
  }

  async identify(): Promise<Identity> {
    return await this.#explained("s3:ListBucket", async () => {
      const { credentials, region } = this.#client.config;
      const found = await credentials();
      return {
        accessKeyId: found.accessKeyId,
        source: sourceOf(found),
        expires: found.expiration?.getTime(),
        region: await region().catch(() => undefined),
      };
    });
  }

  async instanceId(): Promise<string | undefined> {
    try {
      return await instanceId(await this.#client.config.credentials());
    } catch {
      // There are no credentials. The next request to S3 says why.
      return undefined;
    }
  }

  list(prefix: string, options?: ListingOptions): Promise<ListedObject[]> {
    return this.#reads.list(prefix, options);
  }

  listPage(start: PageStart): Promise<ListedPage> {
    return this.#reads.listPage(start);
  }

  head(key: string): Promise<ObjectInfo | undefined> {
    return this.#reads.head(key);
  }

  getSmall(key: string, options?: SmallOptions): Promise<SmallObject | undefined> {
    return this.#reads.getSmall(key, options);
  }

  getBytes(key: string, options: BytesOptions): Promise<ObjectBytes | undefined> {
    return this.#reads.getBytes(key, options);
  }

  read(key: string, options: ReadOptions): Promise<OpenObject> {
    return this.#reads.read(key, options);
  }

  put(key: string, text: string, options: PutOptions): Promise<string> {
    return this.#writes.put(key, text, options);
  }

  putBytes(
    key: string,
    bytes: Uint8Array<ArrayBuffer>,
    options: PutBytesOptions,
  ): Promise<void> {
    return putBytes(this.#putOnce, { key, bytes, ...options });
  }

  putOnce(key: string, text: string, options: PutOnceOptions): Promise<void> {
    return putOnce(this.#putOnce, { key, text, ...options });
  }

  upload(key: string, source: UploadSource, options: UploadOptions): Promise<void> {
    return this.#writes.upload(key, source, options);
  }

  remove(key: string): Promise<void> {
    return this.#writes.remove(key);
  }

  async removeMany(keys: readonly string[]): Promise<NotRemoved[]> {
    return await removeMany(keys, {
      client: this.#client,
      bucket: this.name,
      signal: this.#options.abortSignal,
      removeOne: (key) => this.remove(key),
      explain: (error, key) => this.#explain(error, "s3:DeleteObject", key),
    });
  }

  async openUploads(prefix: string): Promise<OpenUpload[]> {
    const command = new ListMultipartUploadsCommand({ Bucket: this.name, Prefix: prefix });
    const { Uploads = [] } = await this.#explained(
      "s3:ListBucketMultipartUploads",
      () => this.#client.send(command, this.#options),
    );
    // S3 reports times by its own clock. The client has learned by now how far this machine's clock
    // is off.
    const offset = this.#client.config.systemClockOffset;
    return Uploads.map(({ Key = "", UploadId = "", Initiated }) => {
      return { key: Key, uploadId: UploadId, begun: (Initiated?.getTime() ?? Infinity) - offset };
    });
  }

  async dropUpload({ key, uploadId }: OpenUpload): Promise<void> {
    const target = { Bucket: this.name, Key: key, UploadId: uploadId };
    try {
      await this.#client.send(new AbortMultipartUploadCommand(target), this.#options);
    } catch (error) {
      if (codeOf(error) === "NoSuchUpload") return;
      throw this.#explain(error, "s3:AbortMultipartUpload", key);
    }
  }

  async #explained<T>(action: string, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      throw this.#explain(error, action, undefined);
    }
  }

  #explain(error: unknown, action: string, key: string | undefined): Error {
    // The reason of an abort says more than the SDK's error. But an answer that came all the same
    // says most.
    const { abortSignal } = this.#options;
    const isCut = abortSignal?.aborted && statusOf(error) === 0;
    if (isCut && abortSignal.reason instanceof Error) return abortSignal.reason;
    if (error instanceof Error && error.name === "AbortError") return error;
    return explainS3Error(error, {
      action,
      bucket: this.name,
      endpoint: this.#settings.endpoint,
      proxyOf: this.#settings.proxyOf,
      ...(key === undefined ? {} : { key }),
    });
  }
}
