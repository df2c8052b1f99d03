/** Writes to the bucket in S3, in the forms that its store supports. */
import { ConflictError, FtlError } from "../../errors.ts";
import type { Metadata } from "../../revision/metadata.ts";
import {
  type Condition,
  NEVER,
  type ObjectInfo,
  type PutOptions,
  type SmallObject,
  type UploadOptions,
  type UploadSource,
} from "../bucket.ts";
import { checkOf } from "./body_check.ts";
import { type Found, Grace, lookOnce, outcomeUnknown, unanswered } from "./grace.ts";
import { Clearance } from "./clearance.ts";
import { codeOf, statusOf } from "../aws/sdk_error.ts";
import { mayHaveBeenDone } from "./failure.ts";
import { uploadParts, uploadWhole } from "./upload.ts";
import { DeleteObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from "./sdk.ts";
import type { StoreLacks } from "./store_lacks.ts";
import { conditionHeaders, inKnownForm, withoutQuotes } from "./write_form.ts";

/** The parts of the bucket that writing needs. */
interface WrittenBucket {
  readonly name: string;
  readonly client: S3Client;
  readonly lacks: StoreLacks;
  /** Whether the store is not AWS. AWS respects conditions. */
  readonly isForeign: boolean;
  head(key: string): Promise<ObjectInfo | undefined>;
  /** `signal`, or else the command's, ends it. */
  getSmall(key: string, signal?: AbortSignal): Promise<SmallObject | undefined>;
  /** Ends the command. */
  readonly signal: AbortSignal | undefined;
  /** The error for the user. */
  explain(error: unknown, action: string, key: string): Error;
}

interface SmallWrite extends PutOptions {
  readonly key: string;
  readonly text: string;
  /** Ends the request. It aborts a while after the command's own signal. */
  readonly until: AbortSignal;
}

export class S3Writes {
  readonly #bucket: WrittenBucket;
  /** Whether it is known if the store respects conditions. */
  #isTested: boolean;

  constructor(bucket: WrittenBucket) {
    this.#bucket = bucket;
    this.#isTested = !bucket.isForeign;
  }

  /** `Bucket.put`. */
  async put(key: string, text: string, options: PutOptions): Promise<string> {
    const { signal } = this.#bucket;
    using grace = new Grace(signal, options.timeout);
    try {
      return await this.#put({ key, text, ...options, until: grace.signal });
    } catch (error) {
      // Any answer of S3 tells whether the write was done. If an abort cut it off, FTL looks.
      const isCut = error === signal?.reason || (error as Error).name === "AbortError";
      if (!isCut || !(signal?.aborted || grace.signal.aborted)) throw error;
      let etag = "";
      const found = await lookOnce(async (last) => {
        const there = await this.#bucket.getSmall(key, last);
        etag = there?.etag ?? "";
        return there?.text === text && sameMetadata(there.metadata, options.metadata);
      });
      if (found === "done") return etag;
      if (signal?.aborted) throw this.#unknown(key, "written", found);
      throw unanswered(`s3://${this.#bucket.name}/${key}`, "s3:PutObject");
    }
  }

  /** `Bucket.remove`. */
  async remove(key: string): Promise<void> {
    const { name, client, signal } = this.#bucket;
    using grace = new Grace(signal);
    try {
      const command = new DeleteObjectCommand({ Bucket: name, Key: key });
      await client.send(command, { abortSignal: grace.signal });
    } catch (error) {
      if (!signal?.aborted || statusOf(error) > 0) {
        throw this.#bucket.explain(error, "s3:DeleteObject", key);
      }
      const found = await lookOnce(async (last) => await this.#headNow(key, last) === undefined);
      if (found !== "done") throw this.#unknown(key, "removed", found);
    }
  }

  #unknown(key: string, done: string, found: Exclude<Found, "done">): Error {
    const { name, signal } = this.#bucket;
    return outcomeUnknown(signal?.reason, { what: `s3://${name}/${key}`, done, found });
  }

  async #put(write: SmallWrite): Promise<string> {
    const { lacks } = this.#bucket;
    try {
      return await this.#testConditions(write) ?? await this.#send(write, write.condition);
    } catch (error) {
      const found = await this.#afterRefusal(error, write);
      if (found.done !== undefined) return found.done;
      // The condition holds but was refused, so the store compares ETags without their quotes.
      if (!found.holds || lacks.has("quotes")) throw this.#explain(error, write.key);
    }
    try {
      const etag = await this.#send(write, withoutQuotes(write.condition));
      lacks.add("quotes");
      return etag;
    } catch (error) {
      const { done } = await this.#afterRefusal(error, write);
      if (done === undefined) throw this.#explain(error, write.key);
      return done;
    }
  }

  /**
   * Tests whether the store respects conditions: one that does not lets every racing writer win.
   * The first conditional write checks its real condition itself, and is then sent with one that
   * never holds. The store must refuse it. If it does not, everything is written, and the result is
   * the ETag.
   */
  async #testConditions(write: SmallWrite): Promise<string | undefined> {
    const { condition, key } = write;
    const { lacks } = this.#bucket;
    if (condition === undefined || condition === NEVER || this.#isTested) return undefined;
    await this.#require(key, condition);
    this.#isTested = true;
    try {
      const etag = await this.#send(write, NEVER);
      if (!lacks.has("conditions")) lacks.add("condition-checks");
      return etag;
    } catch (error) {
      const isRefused = [404, 409, 412].includes(statusOf(error)) &&
        codeOf(error) !== "NoSuchBucket";
      if (!isRefused) throw error;
      return undefined;
    }
  }

  async #send(write: SmallWrite, sent: Condition | undefined): Promise<string> {
    const { key, text, metadata, condition } = write;
    const { name, client, lacks } = this.#bucket;
    const target = { Bucket: name, Key: key };
    const body = new TextEncoder().encode(text);
    const wanted = { checksums: true, conditions: condition !== undefined };
    return await inKnownForm(lacks, wanted, async (form) => {
      const isChecked = form.conditions && !lacks.has("condition-checks");
      if (condition !== undefined && !isChecked) await this.#require(key, condition);
      const quoted = lacks.has("quotes") ? withoutQuotes(sent) : sent;
      const answer = await client.send(
        new PutObjectCommand({
          ...target,
          Body: body,
          ContentType: "text/plain; charset=utf-8",
          ...checkOf(body, { form, sha256: undefined, target }),
          Metadata: { ...metadata },
          ...(form.conditions ? conditionHeaders(quoted) : {}),
        }),
        { abortSignal: write.until },
      );
      return answer.ETag ?? "";
    });
  }

  /**
   * What is in the bucket after a refused write: its own result, or still what the condition
   * expects.
   */
  async #afterRefusal(
    error: unknown,
    { key, text, metadata, condition }: SmallWrite,
  ): Promise<{ done: string | undefined; holds: boolean }> {
    if (!mayHaveBeenDone(error)) throw this.#explain(error, key);
    const there = await this.#bucket.getSmall(key);
    if (there?.text === text && sameMetadata(there.metadata, metadata)) {
      return { done: there.etag, holds: false };
    }
    const wanted = condition !== undefined && "etag" in condition ? condition.etag : undefined;
    return { done: undefined, holds: wanted !== undefined && there?.etag === wanted };
  }

  /** Checks the condition, for stores that cannot. Throws `ConflictError` if it does not hold. */
  async #require(key: string, condition: Condition): Promise<void> {
    const there = await this.#bucket.head(key);
    const holds = "absent" in condition ? there === undefined : there?.etag === condition.etag;
    if (holds) return;
    const { name } = this.#bucket;
    throw new ConflictError(`s3://${name}/${key} was changed by somebody else meanwhile`);
  }

  /** `Bucket.upload`. */
  async upload(key: string, source: UploadSource, options: UploadOptions): Promise<void> {
    const { name, client, lacks, isForeign } = this.#bucket;
    const target = { Bucket: name, Key: key };
    const require = (condition: Condition): Promise<void> => this.#require(key, condition);
    let isEnding = false;
    const onEnding = (): void => void (isEnding = true);
    using clearance = new Clearance(options);
    const store = { client, lacks, target, require, isForeign };
    const upload = { ...store, source, options, clearance, onEnding };
    try {
      await (source.parts.length === 1 ? uploadWhole(upload) : uploadParts(upload));
    } catch (error) {
      if (options.signal?.aborted) {
        if (!isEnding) throw options.signal.reason;
        // S3 may have received everything before the abort. So the bucket is checked.
        const found = await lookOnce(async (last) => {
          const there = await this.#headNow(key, last);
          return there !== undefined && sameMetadata(there, options.metadata);
        });
        if (found === "done") return;
        if (found === "not done") throw options.signal.reason;
        const what = `s3://${name}/${key}`;
        throw outcomeUnknown(options.signal.reason, { what, done: "written", found });
      }
      // Before it is granted, nothing was sent that could make the object visible.
      if (clearance.refusal !== undefined) throw clearance.refusal.reason;
      if (mayHaveBeenDone(error) || error instanceof ConflictError) {
        const there = await this.#bucket.head(key);
        if (there !== undefined && sameMetadata(there.metadata, options.metadata)) return;
        throw new ConflictError(`s3://${name}/${key} is there already`, { cause: error });
      }
      throw this.#explain(error, key);
    }
  }

  /** The metadata, requested even after the command's abort. Undefined if there is no object. */
  async #headNow(key: string, abortSignal: AbortSignal): Promise<Metadata | undefined> {
    try {
      const command = new HeadObjectCommand({ Bucket: this.#bucket.name, Key: key });
      return (await this.#bucket.client.send(command, { abortSignal })).Metadata ?? {};
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  #explain(error: unknown, key: string): Error {
    if (error instanceof FtlError) return error;
    return this.#bucket.explain(error, "s3:PutObject", key);
  }
}

function sameMetadata(there: Metadata, sent: Metadata): boolean {
  return Object.entries(sent).every(([name, value]) => there[name] === value);
}
