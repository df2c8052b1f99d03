/** Uploads to S3: in one request, or in parts that become one object or nothing. */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "./sdk.ts";
import { inParallel } from "../../concurrency/parallel.ts";
import type { Condition, UploadOptions, UploadSource } from "../bucket.ts";
import { checkOf, compareWithEtag } from "./body_check.ts";
import { Grace, LAST_LOOK } from "./grace.ts";
import { s3Code } from "./errors.ts";
import type { StoreLacks } from "./store_lacks.ts";
import { inKnownForm, suspectOf, type WriteForm } from "./write_form.ts";

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
/** Milliseconds that taking back what was begun may take. */
const TAKING_BACK = 5_000;

/** Where the object is to lie, as the SDK's commands call it. */
export interface UploadTarget {
  readonly Bucket: string;
  readonly Key: string;
}

/** What is to lie there, in which store. */
export interface Upload {
  readonly client: S3Client;
  readonly lacks: StoreLacks;
  readonly target: UploadTarget;
  readonly source: UploadSource;
  readonly options: UploadOptions;
  /** Looks whether the condition holds, for a store that cannot. Throws `ConflictError`. */
  readonly require: (condition: Condition) => Promise<void>;
  /** Whether the store is another than AWS. */
  readonly isForeign: boolean;
  /** Called before the request that makes the object visible. */
  readonly onEnding: () => void;
}

/** In one request. */
export async function uploadWhole(upload: Upload): Promise<void> {
  const { client, lacks, target, source, options } = upload;
  const { condition, metadata } = options;
  const body = source.read(0, source.size);
  const wanted = { checksums: true, conditions: condition !== undefined };
  await inKnownForm(lacks, wanted, async (form) => {
    const isHeeded = form.conditions && !lacks.has("heed");
    if (condition !== undefined && !isHeeded) await upload.require(condition);
    const check = checkOf(body, { form, sha256: source.partSha256[0], target });
    upload.onEnding();
    await client.send(
      new PutObjectCommand({
        ...target,
        Body: body,
        ...check,
        Metadata: { ...metadata },
        ...(form.conditions ? conditionHeaders(condition) : {}),
      }),
      sendOptions(timeoutFor(source.size), options.signal),
    );
  });
  options.onProgress?.(source.size);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html */
export async function uploadParts(upload: Upload): Promise<void> {
  const { client, lacks, target, options } = upload;
  options.signal?.throwIfAborted();
  // An upload is begun and completed, or not, but never left in the dark by an abort in between.
  using grace = new Grace(options.signal);
  const { UploadId } = await inKnownForm(
    lacks,
    { checksums: true, conditions: false },
    ({ checksums }) =>
      client.send(
        new CreateMultipartUploadCommand({
          ...target,
          ...(checksums ? { ChecksumAlgorithm: "SHA256" } : {}),
          Metadata: { ...options.metadata },
        }),
        { abortSignal: grace.signal },
      ),
  );
  try {
    const parts = await sendParts(upload, UploadId);
    await complete(upload, { UploadId, parts, signal: grace.signal });
  } catch (error) {
    // By now no part is under way: `inParallel` waits for all of them before it throws.
    const command = new AbortMultipartUploadCommand({ ...target, UploadId });
    const abortSignal = AbortSignal.timeout(options.signal?.aborted ? LAST_LOOK : TAKING_BACK);
    await client.send(command, { abortSignal }).catch(() => {});
    throw error;
  }
}

interface SentPart {
  readonly PartNumber: number;
  readonly ETag: string | undefined;
  /** Where the store took it. */
  readonly ChecksumSHA256?: string;
}

function sendParts(
  { client, lacks, target, source, options: { concurrency, signal, onProgress } }: Upload,
  UploadId: string | undefined,
): Promise<SentPart[]> {
  let arrived = 0;
  const atOnce = Math.max(1, Math.min(concurrency, Math.floor(UPLOAD_WINDOW / source.partSize)));
  return inParallel(
    source.partSha256,
    { concurrency: atOnce, signal },
    async (sha256, index, stop) => {
      const body = readPart(source, index);
      const wanted = { checksums: true, conditions: false };
      const part = await inKnownForm(lacks, wanted, async (form): Promise<SentPart> => {
        const check = checkOf(body, { form, sha256, target });
        const answer = await client.send(
          new UploadPartCommand({
            ...target,
            UploadId,
            PartNumber: index + 1,
            Body: body,
            ...check,
          }),
          sendOptions(timeoutFor(body.byteLength), stop),
        );
        const sent = { PartNumber: index + 1, ETag: answer.ETag };
        return form.checksums ? { ...sent, ChecksumSHA256: sha256 } : sent;
      });
      arrived += body.byteLength;
      onProgress?.(arrived);
      body.buffer.transfer(0); // frees it now rather than at some collection
      if (index % PARTS_A_COLLECTION === 0) askForCollection();
      return part;
    },
  );
}

function readPart(source: UploadSource, index: number): Uint8Array<ArrayBuffer> {
  const offset = index * source.partSize;
  return source.read(offset, Math.min(source.partSize, source.size - offset));
}

interface Completion {
  readonly UploadId: string | undefined;
  readonly parts: readonly SentPart[];
  readonly signal: AbortSignal;
}

async function complete(upload: Upload, completion: Completion): Promise<void> {
  const { lacks, options: { condition } } = upload;
  // The parts have been sent: a refusal of their checksums is answered here, not by sending them again.
  const send = (checksums: boolean): Promise<void> =>
    inKnownForm(lacks, { checksums: false, conditions: condition !== undefined }, async (form) => {
      // Some stores take the condition here and ignore it, those among them that heed it on a PUT.
      const isHeeded = form.conditions && !upload.isForeign;
      if (condition !== undefined && !isHeeded) await upload.require(condition);
      upload.onEnding();
      await sendCompletion(upload, { ...completion, checksums, conditions: form.conditions });
    });
  const hasChecksums = completion.parts.some((part) => part.ChecksumSHA256 !== undefined);
  if (!hasChecksums || lacks.has("part-checksums")) return await send(false);
  try {
    await send(true);
  } catch (error) {
    if (!refusesPartChecksums(error)) throw error;
    compareParts(upload, completion.parts);
    await send(false);
    lacks.add("part-checksums");
  }
}

async function sendCompletion(
  { client, target, options }: Upload,
  { UploadId, parts, signal, checksums, conditions }: Completion & WriteForm,
): Promise<void> {
  const named = parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag }));
  await client.send(
    new CompleteMultipartUploadCommand({
      ...target,
      UploadId,
      MultipartUpload: { Parts: checksums ? [...parts] : named },
      ...(conditions ? conditionHeaders(options.condition) : {}),
    }),
    sendOptions(COMPLETION_TIMEOUT, signal),
  );
}

/** Swift compares the document with a schema that has no checksums: MalformedXML. */
function refusesPartChecksums(error: unknown): boolean {
  return s3Code(error) === "MalformedXML" || suspectOf(error) === "checksums" ||
    suspectOf(error) === "either";
}

/** Throws `IntegrityError` where a part's ETag is the MD5 of other bytes. */
function compareParts({ source, target }: Upload, parts: readonly SentPart[]): void {
  for (const [index, part] of parts.entries()) {
    compareWithEtag(part.ETag, readPart(source, index), target);
  }
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
