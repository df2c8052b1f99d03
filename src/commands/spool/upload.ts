/** Uploads a file under one id, while it is checked or after that. */
import { orAborted } from "../../concurrency/abortable.ts";
import type { Context } from "../../context.ts";
import { faultPoint } from "../../fault_point.ts";
import type { Bucket, CopySource, UploadPart } from "../../bucket/bucket.ts";
import type { Metadata } from "../../revision/metadata.ts";
import type { RevisionName } from "../../revision/names.ts";
import type { Checksums, FileSource } from "../../transfer/upload/file_source.ts";
import type { CheckedFile } from "./file_check.ts";

export interface UploadPlan {
  readonly subject: RevisionName;
  readonly key: string;
  readonly source: FileSource;
  readonly sums: Checksums;
  readonly metadata: Metadata;
  /** The object that those parts of `source` may be copied from that are planned so. */
  readonly base?: Omit<CopySource, "start"> | undefined;
  /** Called with the bytes that were copied so far. */
  readonly onCopied?: (bytes: number) => void;
  /** The object becomes visible only after this has resolved. If it rejects, nothing stays. */
  readonly checked: Promise<CheckedFile>;
  /**
   * More that must be done before the object becomes visible. It begins when the file has proved good,
   * and may go on beside the upload. If it throws, nothing of the upload stays. `signal` aborts when the
   * upload has failed; the upload's error is thrown only after this has ended.
   */
  readonly afterCheck?: (checked: CheckedFile, signal: AbortSignal) => Promise<void>;
  /** Called with the bytes that have arrived so far. */
  readonly onProgress?: (done: number) => void;
  /** How many parts are under way at most until the file has proved good. */
  readonly earlyConcurrency?: number;
}

/** Throws `ConflictError` if the key is taken, and what `checked` and `afterCheck` throw. */
export async function upload(
  { config, report, signal }: Context,
  bucket: Bucket,
  plan: UploadPlan,
): Promise<void> {
  const { subject, key, source, metadata, onCopied, earlyConcurrency } = plan;
  const tell = (done: number): void =>
    report({ type: "progress", subject, work: "uploading", done, total: source.size });
  tell(0);
  const ended = new AbortController();
  const visibleAfter = prepare(plan, ended.signal);
  try {
    await bucket.upload(key, {
      size: source.size,
      parts: partsOf(plan),
      read: (offset, length) => source.read(offset, length),
    }, {
      metadata,
      condition: { absent: true },
      concurrency: config.concurrency,
      signal,
      onProgress: (done, copied) => {
        faultPoint("part-uploaded");
        onCopied?.(copied);
        tell(done);
        plan.onProgress?.(done);
      },
      visibleAfter,
      ...(earlyConcurrency === undefined ? {} : { earlyConcurrency }),
    });
  } finally {
    ended.abort();
    await visibleAfter.catch(() => {});
  }
}

/** The parts that the source is planned in, each with its checksum. */
function partsOf({ source, sums, base }: UploadPlan): UploadPart[] {
  return source.parts.map(({ offset, length, start }, index) => ({
    offset,
    length,
    sha256: sums.partSha256[index] ?? "",
    copy: base === undefined || start === undefined ? undefined : { ...base, start },
  }));
}

async function prepare({ checked, afterCheck }: UploadPlan, signal: AbortSignal): Promise<void> {
  const facts = await orAborted(() => checked, signal);
  await afterCheck?.(facts, signal);
}
