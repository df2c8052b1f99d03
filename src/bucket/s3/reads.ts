/** Reads from S3: listings, facts about an object, small objects, ranges of large objects. */
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
import { objectInfo, type OpenAnswer, type WholeObject } from "./answers.ts";
import { bytesOf, triedTwice } from "./whole_body.ts";
import { codeOf, statusOf } from "../aws/sdk_error.ts";
import { isDamaged } from "./failure.ts";
import { listAll, type ListPage, readPage } from "./listing.ts";
import type { PageRequest, Reader } from "./reader.ts";
import { TooLargeError } from "./whole_answers.ts";
import { suspectOf } from "./write_form.ts";

interface ReadBucket {
  readonly name: string;
  readonly reader: Reader;
  /** Ends every request. A read of a range has its own signal. */
  readonly signal: AbortSignal | undefined;
  explain(error: unknown, action: string, key: string | undefined): Error;
}

export class S3Reads {
  readonly #bucket: ReadBucket;
  /** Requests an object's checksum too, until the store refuses such a request. */
  #asksChecksum = true;

  constructor(bucket: ReadBucket) {
    this.#bucket = bucket;
  }

  get #reader(): Reader {
    return this.#bucket.reader;
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

  async #askPage(page: PageRequest): Promise<ListPage> {
    try {
      return await this.#reader.list(page, this.#bucket);
    } catch (error) {
      throw this.#bucket.explain(error, "s3:ListBucket", undefined);
    }
  }

  async head(key: string, signal = this.#bucket.signal): Promise<ObjectInfo | undefined> {
    try {
      const answer = await this.#withChecksum((checksum) =>
        this.#reader.head(key, { checksum, signal })
      );
      return answer === undefined ? undefined : objectInfo(answer, answer.ContentLength ?? 0);
    } catch (error) {
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
    const answer = await this.#getIfThere(key, { signal: until ?? this.#bucket.signal, limit });
    if (answer === undefined) return undefined;
    const { bytes } = answer;
    if (bytes.byteLength > limit) throw this.#tooLarge(key, { bytes: bytes.byteLength, limit });
    return { ...objectInfo(answer, bytes.byteLength), text: new TextDecoder().decode(bytes) };
  }

  async getBytes(key: string, options: BytesOptions): Promise<ObjectBytes | undefined> {
    return await triedTwice(options.signal, async () => {
      const { limit, signal } = options;
      try {
        const answer = await this.#reader.open(key, { signal });
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
    let answer: OpenAnswer;
    try {
      answer = await this.#reader.open(key, {
        etag,
        signal,
        ...(range === undefined ? {} : { range: `bytes=${range.start}-${range.end - 1}` }),
      });
    } catch (error) {
      throw this.#explain(error, key);
    }
    // RFC 9110, section 14.4. An answer without this header is the whole object, even if a range
    // was requested.
    const [, start = 0, total = answer.ContentLength] =
      /^bytes ([0-9]+)-[0-9]+\/([0-9]+)$/.exec(answer.ContentRange ?? "") ?? [];
    return { ...objectInfo(answer, Number(total)), start: Number(start), body: answer.body };
  }

  async #getIfThere(
    key: string,
    { signal, limit }: { signal: AbortSignal | undefined; limit: number },
  ): Promise<WholeObject | undefined> {
    try {
      return await this.#withChecksum((checksum) => this.#reader.get(key, { checksum, signal }));
    } catch (error) {
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
   * Sends a request that asks for the checksum. If it is refused, sends it once more without, whatever
   * the reason: the refusal of a HEAD request has no message.
   */
  async #withChecksum<T>(send: (checksum: boolean) => Promise<T>): Promise<T> {
    const asks = this.#asksChecksum;
    try {
      return await send(asks);
    } catch (error) {
      const isRefused = suspectOf(error) !== undefined || statusOf(error) === 400;
      if (!isRefused || !asks) throw error;
      const answer = await send(false);
      this.#asksChecksum = false;
      return answer;
    }
  }

  #explain(error: unknown, key: string): Error {
    return this.#bucket.explain(error, "s3:GetObject", key);
  }
}
