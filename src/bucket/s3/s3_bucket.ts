/** The bucket in Amazon S3 or in an S3-compatible store. */
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
import { statusOf } from "../aws/sdk_error.ts";
import { connect, type Connection } from "./connection.ts";
import { explainS3Error } from "./errors.ts";
import { Reader } from "./reader.ts";
import { S3Reads } from "./reads.ts";
import type { SdkBucket } from "./sdk_bucket.ts";
import { ServerClock } from "./server_clock.ts";
import { StoreLacks } from "./store_lacks.ts";

/** Opens the bucket. Sends no request. */
export function openS3Bucket(
  name: string,
  env: Environment,
  { signal, onAnswer, onLack = () => {} }: BucketOptions = {},
): OpenedBucket {
  const clock = new ServerClock();
  const connection = connect(env, (headers) => {
    clock.see(headers);
    onAnswer?.(headers);
  });
  return new S3Bucket(name, connection, { signal, onLack, clock });
}

class S3Bucket implements OpenedBucket {
  readonly #connection: Connection;
  readonly #clock: ServerClock;
  readonly #lacks: StoreLacks;
  readonly #signal: AbortSignal | undefined;
  readonly #reads: S3Reads;
  #sdk: Promise<SdkBucket> | undefined;

  constructor(
    readonly name: string,
    connection: Connection,
    { signal, onLack, clock }: {
      signal: AbortSignal | undefined;
      onLack: OnLack;
      clock: ServerClock;
    },
  ) {
    this.#clock = clock;
    this.#connection = connection;
    this.#signal = signal;
    this.#lacks = new StoreLacks(name, {
      tell: onLack,
      known: connection.sendsChecksums ? [] : ["checksums"],
    });
    const reader = new Reader({
      bucket: name,
      connection,
      loadSdk: async () => (await this.#loadSdk()).reads,
    });
    this.#reads = new S3Reads({ name, reader, signal, explain: this.#explain });
  }

  /** What only the SDK can do. A sync that has nothing to do never comes here. */
  #loadSdk(): Promise<SdkBucket> {
    const open = async (): Promise<SdkBucket> => {
      const { SdkBucket } = await import("./sdk_bucket.ts");
      return new SdkBucket({
        name: this.name,
        connection: this.#connection,
        signal: this.#signal,
        lacks: this.#lacks,
        isForeign: this.isForeign,
        explain: this.#explain,
        head: (key) => this.head(key),
        getSmall: (key, until) =>
          until ? this.#reads.getSmallOnce(key, { until }) : this.getSmall(key),
      });
    };
    return this.#sdk ??= open();
  }

  serverTime(): number | undefined {
    return this.#clock.now();
  }

  lacks(lack: Lack): boolean {
    return this.#lacks.has(lack);
  }

  get isForeign(): boolean {
    return this.#connection.endpoint !== undefined;
  }

  async identify(): Promise<Identity> {
    const { credentials, region } = this.#connection;
    const found = await credentials().catch((error) => {
      throw this.#explain(error, "s3:ListBucket", undefined);
    });
    return {
      accessKeyId: found.accessKeyId,
      source: sourceOf(found),
      expires: found.expiration?.getTime(),
      region: await region().catch(() => undefined),
    };
  }

  async instanceId(): Promise<string | undefined> {
    try {
      return await instanceId(await this.#connection.credentials());
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

  head(key: string, signal?: AbortSignal): Promise<ObjectInfo | undefined> {
    return this.#reads.head(key, signal);
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

  async put(key: string, text: string, options: PutOptions): Promise<string> {
    return await (await this.#loadSdk()).writes.put(key, text, options);
  }

  async putBytes(
    key: string,
    bytes: Uint8Array<ArrayBuffer>,
    options: PutBytesOptions,
  ): Promise<void> {
    await (await this.#loadSdk()).putBytes({ key, bytes, ...options });
  }

  async putOnce(key: string, text: string, options: PutOnceOptions): Promise<void> {
    await (await this.#loadSdk()).putOnce({ key, text, ...options });
  }

  async upload(key: string, source: UploadSource, options: UploadOptions): Promise<void> {
    await (await this.#loadSdk()).writes.upload(key, source, options);
  }

  async remove(key: string): Promise<void> {
    await (await this.#loadSdk()).writes.remove(key);
  }

  async removeMany(keys: readonly string[]): Promise<NotRemoved[]> {
    return await (await this.#loadSdk()).removeMany(keys);
  }

  async openUploads(prefix: string): Promise<OpenUpload[]> {
    return await (await this.#loadSdk()).openUploads(prefix);
  }

  async dropUpload(upload: OpenUpload): Promise<void> {
    await (await this.#loadSdk()).dropUpload(upload);
  }

  readonly #explain = (error: unknown, action: string, key: string | undefined): Error => {
    // The reason of an abort says more than the SDK's error. But an answer that came all the same
    // says most.
    const signal = this.#signal;
    const isCut = signal?.aborted && statusOf(error) === 0;
    if (isCut && signal.reason instanceof Error) return signal.reason;
    if (error instanceof Error && error.name === "AbortError") return error;
    return explainS3Error(error, {
      action,
      bucket: this.name,
      endpoint: this.#connection.endpoint,
      proxyOf: this.#connection.proxyOf,
      ...(key === undefined ? {} : { key }),
    });
  };
}
