/** Reads from S3: listings, facts about an object, small objects, ranges of large objects. */
import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from "./sdk.ts";
import { IntegrityError } from "../../errors.ts";
import {
  type BytesOptions,
  type ListedObject,
  type ListedPage,
  type ListingOptions,
  type ObjectBytes,
  type ObjectInfo,
  type OpenObject,
  type PageStart,
  type ReadOptions,
  SMALL_OBJECT_LIMIT,
  type SmallObject,
  type SmallOptions,
} from "../bucket.ts";
import { bodyOf, objectInfo } from "./answers.ts";
import { bytesOf, triedTwice } from "./whole_body.ts";
import { clientAskingOnce, type ClientSettings } from "./client.ts";
import { codeOf, statusOf } from "../aws/sdk_error.ts";
import { isDamaged } from "./failure.ts";
import { listAll, type ListPage, readPage } from "./listing.ts";
import { TooLargeError } from "./whole_answers.ts";
import { suspectOf } from "./write_form.ts";

interface ReadBucket {
  readonly name: string;
  readonly client: S3Client;
  readonly settings: ClientSettings;
  /** Ends every request. A read of a range has its own signal. */
  readonly signal: AbortSignal | undefined;
  explain(error: unknown, action: string, key: string | undefined): Error;
}

export class S3Reads {
  readonly #bucket: ReadBucket;
  readonly #options: { abortSignal?: AbortSignal };
  #askingOnce: S3Client | undefined;
  /** Requests an object's checksum too, until the store refuses such a request. */
  #checksumMode: { ChecksumMode?: "ENABLED" } = { ChecksumMode: "ENABLED" };

  constructor(bucket: ReadBucket) {
    this.#bucket = bucket;
    this.#options = bucket.signal === undefined ? {} : { abortSignal: bucket.signal };
  }

  get #client(): S3Client {
    return this.#bucket.client;
  }

  get #readClient(): S3Client {
    return this.#askingOnce ??= clientAskingOnce(this.#client, this.#bucket.settings);
  }

  async list(prefix: string, { delimiter }: ListingOptions = {}): Promise<ListedObject[]> {
    const ask = (token: string | undefined): Promise<ListPage> =>
      this.#askPage({ prefix, token, delimiter });
    return await listAll({ bucket: this.#bucket.name, prefix, ask });
  }

  async listPage({ prefix, after, next }: PageStart): Promise<ListedPage> {
    return await readPage({ bucket: this.#bucket.name, prefix }, () => {
      return this.#askPage({ prefix, token: next, after });
    });
  }

  async #askPage(
    { prefix, token, after, delimiter }: {
      prefix: string;
      token: string | undefined;
      after?: string;
      delimiter?: string | undefined;
    },
  ): Promise<ListPage> {
    const command = new ListObjectsV2Command({
      Bucket: this.#bucket.name,
      ...(prefix === "" ? {} : { Prefix: prefix }),
      ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
      ...(token !== undefined ? { ContinuationToken: token } : after ? { StartAfter: after } : {}),
    });
    try {
      return await this.#client.send(command, this.#options);
    } catch (error) {
      throw this.#bucket.explain(error, "s3:ListBucket", undefined);
    }
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    try {
      const target = { Bucket: this.#bucket.name, Key: key };
      const answer = await this.#withChecksumMode((mode) =>
        this.#client.send(new HeadObjectCommand({ ...target, ...mode }), this.#options)
      );
      return objectInfo(answer, answer.ContentLength ?? 0);
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw this.#explain(error, key);
    }
  }

  async getSmall(key: string, options: SmallOptions = {}): Promise<SmallObject | undefined> {
    try {
      return await this.getSmallOnce(key, options);
    } catch (error) {
      if (!(error instanceof IntegrityError && isDamaged(error.cause))) throw error;
      return await this.getSmallOnce(key, options);
    }
  }

  /**
   * Reads without a retry after damage. If `until` is given, it ends the request instead of the
   * bucket's signal.
   */
  async getSmallOnce(
    key: string,
    { until, limit = SMALL_OBJECT_LIMIT }: SmallOptions & { readonly until?: AbortSignal } = {},
  ): Promise<SmallObject | undefined> {
    const options = until ? { abortSignal: until } : this.#options;
    const answer = await this.#getIfThere(key, { options, limit });
    if (answer === undefined) return undefined;
    const { ContentLength = 0 } = answer;
    if (ContentLength > limit) throw this.#tooLarge(key, { bytes: ContentLength, limit });
    try {
      const bytes = await new Response(bodyOf(answer)).arrayBuffer();
      const text = new TextDecoder().decode(bytes);
      return { ...objectInfo(answer, bytes.byteLength), text };
    } catch (error) {
      throw this.#explain(error, key);
    }
  }

  async getBytes(key: string, options: BytesOptions): Promise<ObjectBytes | undefined> {
    return await triedTwice(options.signal, async () => {
      const { limit, signal } = options;
      try {
        const command = new GetObjectCommand({ Bucket: this.#bucket.name, Key: key });
        const answer = await this.#readClient.send(command, { abortSignal: signal });
        const bytes = await bytesOf(answer, limit);
        if (bytes === undefined) throw this.#tooLarge(key, { bytes: answer.ContentLength, limit });
        return { ...objectInfo(answer, bytes.byteLength), bytes };
      } catch (error) {
        if (codeOf(error) === "NoSuchKey") return undefined;
        if (signal.aborted) throw signal.reason;
        if (error instanceof IntegrityError) throw error;
        throw this.#explain(error, key);
      }
    });
  }

  async read(key: string, { etag, range, signal }: ReadOptions): Promise<OpenObject> {
    const command = new GetObjectCommand({
      Bucket: this.#bucket.name,
      Key: key,
      IfMatch: etag,
      ...(range === undefined ? {} : { Range: `bytes=${range.start}-${range.end - 1}` }),
    });
    let answer: GetObjectCommandOutput;
    try {
      answer = await this.#readClient.send(
        command,
        signal === undefined ? {} : { abortSignal: signal },
      );
    } catch (error) {
      throw this.#explain(error, key);
    }
    // RFC 9110, section 14.4. An answer without this header is the whole object, even if a range
    // was requested.
    const [, start = 0, total = answer.ContentLength] =
      /^bytes ([0-9]+)-[0-9]+\/([0-9]+)$/.exec(answer.ContentRange ?? "") ?? [];
    return { ...objectInfo(answer, Number(total)), start: Number(start), body: bodyOf(answer) };
  }

  async #getIfThere(
    key: string,
    { options, limit }: { options: { abortSignal?: AbortSignal }; limit: number },
  ): Promise<GetObjectCommandOutput | undefined> {
    try {
      const target = { Bucket: this.#bucket.name, Key: key };
      // One flipped bit may turn a pointer into another revision's name, so the client compares the
      // checksum.
      return await this.#withChecksumMode((mode) =>
        this.#client.send(new GetObjectCommand({ ...target, ...mode }), options)
      );
    } catch (error) {
      if (codeOf(error) === "NoSuchKey") return undefined;
      if (error instanceof TooLargeError) throw this.#tooLarge(key, { bytes: error.bytes, limit });
      throw this.#explain(error, key);
    }
  }

  #tooLarge(
    key: string,
    { bytes, limit }: { bytes: number | undefined; limit: number },
  ): IntegrityError {
    const size = bytes === undefined ? `more than ${limit}` : `${bytes}`;
    if (limit !== SMALL_OBJECT_LIMIT) {
      return new IntegrityError(`s3://${this.#bucket.name}/${key} is too large: ${size} bytes`);
    }
    return new IntegrityError(
      `s3://${this.#bucket.name}/${key} is no pointer to a revision: ${size} bytes`,
      { hint: "A pointer contains only one revision's name" },
    );
  }

  /**
   * Sends a request with the checksum mode. If it is refused, sends it once more without, whatever
   * the reason: the refusal of a HEAD request has no message.
   */
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

  #explain(error: unknown, key: string): Error {
    return this.#bucket.explain(error, "s3:GetObject", key);
  }
}
