/** Uploads to S3, in one request or in parts. The parts become one object or nothing. */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "./sdk.ts";
import { inParallel } from "../../concurrency/parallel.ts";
import { askForCollection } from "../../garbage.ts";
import type { Condition, UploadOptions, UploadPart, UploadSource } from "../bucket.ts";
import { checkOf, compareWithEtag } from "./body_check.ts";
import type { Clearance } from "./clearance.ts";
import { PartCopies } from "./copy_part.ts";
import { Grace, LAST_LOOK } from "./grace.ts";
import { codeOf } from "../aws/sdk_error.ts";
import { signedFor } from "./known_hash.ts";
import type { StoreLacks } from "./store_lacks.ts";
import { COMPLETION_TIMEOUT, sendOptions, timeoutFor } from "./timeouts.ts";
import { conditionHeaders, inKnownForm, suspectOf, type WriteForm } from "./write_form.ts";

/**
 * The most bytes of parts under way. The runtime copies a request's body several times and keeps
 * about 60 MB of such copies. It would send a stream without the Content-Length that S3 requires.
 */
const UPLOAD_WINDOW = 15 * 1024 * 1024;
/** The same before the object may become visible: the check of a file goes on then, and needs memory too. */
const EARLY_WINDOW = 10 * 1024 * 1024;
/** Milliseconds to abort an upload and remove its parts. */
const ABORT_TIMEOUT = 5_000;

/** The place of the object, under the names that the SDK's commands use. */
interface UploadTarget {
  readonly Bucket: string;
  readonly Key: string;
}

/** One upload: its content, its target and its store. */
export interface Upload {
  readonly client: S3Client;
  readonly lacks: StoreLacks;
  readonly target: UploadTarget;
  readonly source: UploadSource;
  readonly options: UploadOptions;
  /** Checks the condition, for a store that cannot. Throws `ConflictError` if it does not hold. */
  readonly require: (condition: Condition) => Promise<void>;
  /** Whether the store is not AWS. */
  readonly isForeign: boolean;
  /** Must be granted before the request that makes the object visible. */
  readonly clearance: Clearance;
  /** Called before the request that makes the object visible. */
  readonly onEnding: () => void;
}

/** Uploads in one request. */
export async function uploadWhole(upload: Upload): Promise<void> {
  const { client, lacks, target, source, options, clearance } = upload;
  const { condition, metadata } = options;
  await clearance.granted();
  const body = source.read(0, source.size);
  const wanted = { checksums: true, conditions: condition !== undefined };
  await inKnownForm(lacks, wanted, async (form) => {
    // Whether a store that is not AWS respects conditions is known only after a test: see `S3Writes.put`.
    const isChecked = form.conditions && !upload.isForeign;
    if (condition !== undefined && !isChecked) await upload.require(condition);
    const sha256 = source.parts[0]?.sha256;
    const check = checkOf(body, { form, sha256, target });
    const command = new PutObjectCommand({
      ...target,
      Body: body,
      ...check,
      Metadata: { ...metadata },
      ...(form.conditions ? conditionHeaders(condition) : {}),
    });
    upload.onEnding();
    await client.send(
      signedFor(sha256, command),
      sendOptions(timeoutFor(source.size), options.signal),
    );
  });
  options.onProgress?.(source.size, 0);
}

/** Uploads in parts: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html */
export async function uploadParts(upload: Upload): Promise<void> {
  const { client, lacks, target, options, clearance } = upload;
  clearance.signal.throwIfAborted();
  // An abort must not leave it unknown whether the upload was started, or completed.
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
    await clearance.granted();
    await complete(upload, { UploadId, parts, signal: grace.signal });
  } catch (error) {
    // No part is under way any more: `inParallel` waits for all of them before it throws.
    const command = new AbortMultipartUploadCommand({ ...target, UploadId });
    const abortSignal = AbortSignal.timeout(options.signal?.aborted ? LAST_LOOK : ABORT_TIMEOUT);
    await client.send(command, { abortSignal }).catch(() => {});
    throw error;
  }
}

/** A part that is in S3, whether it was sent or copied there. */
export interface SentPart {
  readonly PartNumber: number;
  readonly ETag: string | undefined;
  /** Present if the store accepted it. */
  readonly ChecksumSHA256?: string;
}

function sendParts(upload: Upload, UploadId: string | undefined): Promise<SentPart[]> {
  const { source: { parts }, options, clearance } = upload;
  const { concurrency, earlyConcurrency = concurrency, onProgress } = options;
  const copies = new PartCopies(upload, UploadId);
  let arrived = 0;
  let copied = 0;
  const partSize = Math.min(...parts.slice(0, -1).map(({ length }) => length));
  const fitting = (window: number): number => Math.max(1, Math.floor(window / partSize));
  const atOnce = Math.max(1, Math.min(concurrency, fitting(UPLOAD_WINDOW)));
  const early = Math.min(atOnce, earlyConcurrency, fitting(EARLY_WINDOW));
  const more = { after: () => clearance.granted(), concurrency: atOnce };
  return inParallel(
    parts,
    { concurrency: early, more, signal: clearance.signal },
    async (part, index, stop) => {
      const copy = await copies.copy(part, index, stop);
      const sent = copy ?? await sendPart(upload, { part, index, UploadId, stop });
      if (copy !== undefined) copied += part.length;
      onProgress?.(arrived += part.length, copied);
      return sent;
    },
  );
}

interface PartPlan {
  readonly part: UploadPart;
  readonly index: number;
  readonly UploadId: string | undefined;
  readonly stop: AbortSignal;
}

async function sendPart(
  { client, lacks, target, source }: Upload,
  { part, index, UploadId, stop }: PartPlan,
): Promise<SentPart> {
  const { sha256 } = part;
  const body = source.read(part.offset, part.length);
  const wanted = { checksums: true, conditions: false };
  const done = await inKnownForm(lacks, wanted, async (form): Promise<SentPart> => {
    const check = checkOf(body, { form, sha256, target });
    const PartNumber = index + 1;
    const answer = await client.send(
      signedFor(
        sha256,
        new UploadPartCommand({ ...target, UploadId, PartNumber, Body: body, ...check }),
      ),
      sendOptions(timeoutFor(body.byteLength), stop),
    );
    const sent = { PartNumber, ETag: answer.ETag };
    return form.checksums ? { ...sent, ChecksumSHA256: sha256 } : sent;
  });
  body.buffer.transfer(0); // frees the memory now, not at the next garbage collection
  askForCollection(); // the runtime's copies of it
  return done;
}

interface Completion {
  readonly UploadId: string | undefined;
  readonly parts: readonly SentPart[];
  readonly signal: AbortSignal;
}

async function complete(upload: Upload, completion: Completion): Promise<void> {
  const { lacks, options: { condition } } = upload;
  // A refusal of checksums is handled here, so the parts need not be sent again.
  const send = (checksums: boolean): Promise<void> =>
    inKnownForm(lacks, { checksums: false, conditions: condition !== undefined }, async (form) => {
      // Some stores accept the condition here and ignore it, even some that respect it on a PUT.
      const isChecked = form.conditions && !upload.isForeign;
      if (condition !== undefined && !isChecked) await upload.require(condition);
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

/** Swift validates the document against a schema without checksums, and answers MalformedXML. */
function refusesPartChecksums(error: unknown): boolean {
  return codeOf(error) === "MalformedXML" || suspectOf(error) === "checksums" ||
    suspectOf(error) === "either";
}

/** Throws `IntegrityError` if a part's ETag is the MD5 of other bytes. */
function compareParts({ source, target }: Upload, parts: readonly SentPart[]): void {
  for (const [index, { ETag }] of parts.entries()) {
    const part = source.parts[index];
    if (part !== undefined) compareWithEtag(ETag, source.read(part.offset, part.length), target);
  }
}
