/** Uploads to S3: in one request, or in parts that become one object or nothing. */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "./sdk.ts";
import { inParallel } from "../core/parallel.ts";
import type { Condition, UploadOptions, UploadSource } from "./bucket.ts";

/** Milliseconds until an answer must be there: whole, but for a revision's bytes, whose reader watches them. */
export const ANSWER_TIMEOUT = 20_000;
/** The same for the end of an upload, which S3 may take minutes for. */
const COMPLETION_TIMEOUT = 15 * 60_000;
/** Bytes a millisecond: a line that sends less counts as broken. */
const SLOWEST_UPLOAD = 10;

/**
 * Bytes of the parts under way. The runtime copies a request's body several times, leaves some 60 MB of such
 * copies lying, and would send a stream without the Content-Length that S3 demands.
 */
const UPLOAD_WINDOW = 15 * 1024 * 1024;
/** Milliseconds that what must come to an end may take once the command is to stop. */
export const GRACE = 5_000;

/** Where the object is to lie, as the SDK's commands call it. */
export interface UploadTarget {
  readonly Bucket: string;
  readonly Key: string;
}

/** What is to lie there. */
export interface Upload {
  readonly source: UploadSource;
  readonly options: UploadOptions;
}

/** In one request. */
export async function uploadWhole(
  client: S3Client,
  target: UploadTarget,
  { source, options }: Upload,
): Promise<void> {
  const [sha256] = source.partSha256;
  await client.send(
    new PutObjectCommand({
      ...target,
      Body: source.read(0, source.size),
      ...(sha256 === undefined ? {} : { ChecksumSHA256: sha256 }),
      Metadata: { ...options.metadata },
      ...conditionHeaders(options.condition),
    }),
    sendOptions(timeoutFor(source.size), options.signal),
  );
  options.onProgress?.(source.size);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html */
export async function uploadParts(
  client: S3Client,
  target: UploadTarget,
  { source, options }: Upload,
): Promise<void> {
  options.signal?.throwIfAborted();
  // An upload is begun and completed, or not, but never left in the dark by an abort in between.
  using grace = new Grace(options.signal);
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({
      ...target,
      ChecksumAlgorithm: "SHA256",
      Metadata: { ...options.metadata },
    }),
    { abortSignal: grace.signal },
  );
  try {
    const parts = await sendParts(client, { ...target, UploadId }, { source, options });
    await client.send(
      new CompleteMultipartUploadCommand({
        ...target,
        UploadId,
        MultipartUpload: { Parts: parts },
        ...conditionHeaders(options.condition),
      }),
      sendOptions(COMPLETION_TIMEOUT, grace.signal),
    );
  } catch (error) {
    // By now no part is under way: `inParallel` waits for all of them before it throws.
    const command = new AbortMultipartUploadCommand({ ...target, UploadId });
    const abortSignal = AbortSignal.timeout(GRACE);
    await client.send(command, { abortSignal }).catch(() => {});
    throw error;
  }
}

function sendParts(
  client: S3Client,
  target: UploadTarget & { UploadId: string | undefined },
  { source, options: { concurrency, signal, onProgress } }: Upload,
): Promise<{ PartNumber: number; ETag: string | undefined; ChecksumSHA256: string }[]> {
  let arrived = 0;
  const atOnce = Math.max(1, Math.min(concurrency, Math.floor(UPLOAD_WINDOW / source.partSize)));
  return inParallel(
    source.partSha256,
    { concurrency: atOnce, signal },
    async (sha256, index, stop) => {
      const offset = index * source.partSize;
      const body = source.read(offset, Math.min(source.partSize, source.size - offset));
      const answer = await client.send(
        new UploadPartCommand({
          ...target,
          PartNumber: index + 1,
          Body: body,
          ChecksumSHA256: sha256,
        }),
        sendOptions(timeoutFor(body.byteLength), stop),
      );
      arrived += body.byteLength;
      onProgress?.(arrived);
      body.buffer.transfer(0); // frees it now rather than at some collection
      if (index % PARTS_A_COLLECTION === 0) askForCollection();
      return { PartNumber: index + 1, ETag: answer.ETag, ChecksumSHA256: sha256 };
    },
  );
}

/** Parts after which the copies that the runtime made of them are to be collected. */
const PARTS_A_COLLECTION = 4;

/**
 * Lets V8 believe that memory has grown, which is when it collects: it sees the small objects that own the
 * runtime's copies of request bodies, not the megabytes behind them. These pages are never touched.
 */
function askForCollection(): void {
  new ArrayBuffer(64 * 1024 * 1024).transfer(0);
}

/** Aborts `GRACE` after `signal` does. */
class Grace implements Disposable {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(outer: AbortSignal | undefined) {
    this.#outer = outer;
    outer?.addEventListener("abort", this.#begin);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  readonly #begin = (): void => {
    this.#timer = setTimeout(() => this.#controller.abort(this.#outer?.reason), GRACE);
  };

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#begin);
  }
}

/** Milliseconds until a request with so many bytes must be answered. */
function timeoutFor(bytes: number): number {
  return ANSWER_TIMEOUT + bytes / SLOWEST_UPLOAD;
}

function sendOptions(
  requestTimeout: number,
  signal?: AbortSignal,
): { requestTimeout: number; abortSignal?: AbortSignal } {
  return {
    requestTimeout,
    ...(signal === undefined ? {} : { abortSignal: signal }),
  };
}

/** A condition as the SDK's commands take it. */
export function conditionHeaders(
  condition?: Condition,
): { IfNoneMatch?: string; IfMatch?: string } {
  if (condition === undefined) return {};
  return "absent" in condition ? { IfNoneMatch: "*" } : { IfMatch: condition.etag };
}
