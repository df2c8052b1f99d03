/** The bucket in Amazon S3, or in a store that speaks its language. */
import {
  AbortMultipartUploadCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from "./sdk.ts";
import { IntegrityError } from "../../errors.ts";
import type { Environment } from "../../config.ts";
import {
  type BucketOptions,
  type Identity,
  type ListedObject,
  type ListedPage,
  type NotRemoved,
  type ObjectInfo,
  type OnLack,
  type OpenedBucket,
  type OpenObject,
  type OpenUpload,
  type PageStart,
  type PutOptions,
  type ReadOptions,
  SMALL_OBJECT_LIMIT,
  type SmallObject,
  type UploadOptions,
  type UploadSource,
} from "../bucket.ts";
import { sourceOf } from "../aws/credentials.ts";
import { bodyOf, objectInfo } from "./answers.ts";
import { clientAskingOnce, type ClientSettings, clientSettings } from "./client.ts";
import { removeMany } from "./bulk_removal.ts";
import { explainS3Error, isDamaged, s3Code, statusOf } from "./errors.ts";
import { listAll, type ListPage, readPage } from "./listing.ts";
import { S3Writes } from "./writes.ts";
import { StoreLacks } from "./store_lacks.ts";
import { TooLargeError } from "./whole_answers.ts";
import { suspectOf } from "./write_form.ts";

/** Opens the bucket; sends nothing yet. */
export function openS3Bucket(
  name: string,
  env: Environment,
  { signal, onAnswer, onLack = () => {} }: BucketOptions = {},
): OpenedBucket {
  return new S3Bucket(name, clientSettings(env, onAnswer), { signal, onLack });
}

class S3Bucket implements OpenedBucket {
  readonly #settings: ClientSettings;
  readonly #client: S3Client;
  readonly #options: { abortSignal?: AbortSignal };
  readonly #writes: S3Writes;
  #askingOnce: S3Client | undefined;
  /** Asks for an object's checksum too, until the store refuses the very question. */
  #checksumMode: { ChecksumMode?: "ENABLED" } = { ChecksumMode: "ENABLED" };

  constructor(
    readonly name: string,
    settings: ClientSettings,
    { signal, onLack }: { signal: AbortSignal | undefined; onLack: OnLack },
  ) {
    this.#settings = settings;
    this.#client = new S3Client(settings.config);
    this.#options = signal === undefined ? {} : { abortSignal: signal };
    this.#writes = new S3Writes({
      name,
      client: this.#client,
      lacks: new StoreLacks(name, {
        tell: onLack,
        known: settings.sendsChecksums ? [] : ["checksums"],
      }),
      isForeign: this.isForeign,
      head: (key) => this.head(key),
      getSmall: (key, until) => until ? this.#getSmallOnce(key, until) : this.getSmall(key),
      signal,
      explain: (error, action, key) => this.#explain(error, action, key),
    });
  }

  get isForeign(): boolean {
    return this.#settings.endpoint !== undefined;
  }

  get #readClient(): S3Client {
    return this.#askingOnce ??= clientAskingOnce(this.#client, this.#settings);
  }

  async identify(): Promise<Identity> {
    return await this.#explained("s3:ListBucket", undefined, async () => {
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

  async list(prefix: string): Promise<ListedObject[]> {
    const ask = (token: string | undefined): Promise<ListPage> => this.#askPage({ prefix, token });
    return await listAll({ bucket: this.name, prefix, ask });
  }

  async listPage({ prefix, after, next }: PageStart): Promise<ListedPage> {
    return await readPage({ bucket: this.name, prefix }, () => {
      return this.#askPage({ prefix, token: next, after });
    });
  }

  #askPage(
    { prefix, token, after }: { prefix: string; token: string | undefined; after?: string },
  ): Promise<ListPage> {
    const command = new ListObjectsV2Command({
      Bucket: this.name,
      ...(prefix === "" ? {} : { Prefix: prefix }),
      ...(token !== undefined ? { ContinuationToken: token } : after ? { StartAfter: after } : {}),
    });
    return this.#explained(
      "s3:ListBucket",
      undefined,
      () => this.#client.send(command, this.#options),
    );
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    try {
      const target = { Bucket: this.name, Key: key };
      const answer = await this.#withChecksumMode((mode) =>
        this.#client.send(new HeadObjectCommand({ ...target, ...mode }), this.#options)
      );
      return objectInfo(answer, answer.ContentLength ?? 0);
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw this.#explain(error, "s3:GetObject", key);
    }
  }

  async getSmall(key: string): Promise<SmallObject | undefined> {
    try {
      return await this.#getSmallOnce(key);
    } catch (error) {
      if (!(error instanceof IntegrityError && isDamaged(error.cause))) throw error;
      return await this.#getSmallOnce(key);
    }
  }

  async #getSmallOnce(key: string, until?: AbortSignal): Promise<SmallObject | undefined> {
    const answer = await this.#getIfThere(key, until ? { abortSignal: until } : this.#options);
    if (answer === undefined) return undefined;
    return await this.#explained("s3:GetObject", key, async () => {
      const bytes = await new Response(bodyOf(answer)).arrayBuffer();
      const text = new TextDecoder().decode(bytes);
      return { ...objectInfo(answer, bytes.byteLength), text };
    });
  }

  async read(key: string, { etag, range, signal }: ReadOptions): Promise<OpenObject> {
    const answer = await this.#explained("s3:GetObject", key, () =>
      this.#readClient.send(
        new GetObjectCommand({
          Bucket: this.name,
          Key: key,
          IfMatch: etag,
          ...(range === undefined ? {} : { Range: `bytes=${range.start}-${range.end - 1}` }),
        }),
        signal === undefined ? {} : { abortSignal: signal },
      ));
    // RFC 9110, section 14.4; an answer without it is the whole object, whatever was asked for.
    const [, start = 0, total = answer.ContentLength] =
      /^bytes ([0-9]+)-[0-9]+\/([0-9]+)$/.exec(answer.ContentRange ?? "") ?? [];
    return { ...objectInfo(answer, Number(total)), start: Number(start), body: bodyOf(answer) };
  }

  put(key: string, text: string, options: PutOptions): Promise<string> {
    return this.#writes.put(key, text, options);
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
      undefined,
      () => this.#client.send(command, this.#options),
    );
    // S3 tells its own time; how far this machine's clock is off, the client has learnt by now.
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
      if (s3Code(error) === "NoSuchUpload") return;
      throw this.#explain(error, "s3:AbortMultipartUpload", key);
    }
  }

  async #getIfThere(
    key: string,
    options: { abortSignal?: AbortSignal },
  ): Promise<GetObjectCommandOutput | undefined> {
    try {
      const target = { Bucket: this.name, Key: key };
      // One flipped bit may make another revision's name of a pointer: the client compares the checksum.
      return await this.#withChecksumMode((mode) =>
        this.#client.send(new GetObjectCommand({ ...target, ...mode }), options)
      );
    } catch (error) {
      if (s3Code(error) === "NoSuchKey") return undefined;
      if (error instanceof TooLargeError) throw this.#noPointer(key, error);
      throw this.#explain(error, "s3:GetObject", key);
    }
  }

  #noPointer(key: string, { bytes }: TooLargeError): IntegrityError {
    const size = bytes === undefined ? `more than ${SMALL_OBJECT_LIMIT}` : `${bytes}`;
    return new IntegrityError(
      `s3://${this.name}/${key} is no pointer to a revision: ${size} bytes`,
      { hint: "It should hold one revision's name" },
    );
  }

  /** A refusal of HEAD has no words: so without the header it is tried once, whatever the refusal means. */
  async #withChecksumMode<T>(send: (mode: { ChecksumMode?: "ENABLED" }) => Promise<T>): Promise<T> {
    const mode = this.#checksumMode;
    try {
      return await send(mode);
    } catch (error) {
      const isRefused = suspectOf(error) !== undefined || statusOf(error) === 400;
      if (!isRefused || mode.ChecksumMode === undefined) throw error;
      const answer = await send({});
      this.#checksumMode = {};
      return answer;
    }
  }

  async #explained<T>(action: string, key: string | undefined, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      throw this.#explain(error, action, key);
    }
  }

  #explain(error: unknown, action: string, key: string | undefined): Error {
    // Who ended it knows why; what was answered all the same tells more.
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
