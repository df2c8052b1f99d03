/** Writes a small object that may as well be lost: with one try, and with little patience. */
import { orAborted } from "../../concurrency/abortable.ts";
import { StorageError } from "../../errors.ts";
import type { PutOnceOptions } from "../bucket.ts";
import { checkOf } from "./body_check.ts";
import { type ClientSettings, clientTryingOnce } from "./client.ts";
import { PutObjectCommand, type S3Client } from "./sdk.ts";
import type { StoreLacks } from "./store_lacks.ts";
import { inKnownForm } from "./write_form.ts";

const ACTION = "s3:PutObject";

/** The parts of the bucket that such a write needs. */
export interface OnceBucket {
  readonly name: string;
  readonly client: S3Client;
  readonly settings: ClientSettings;
  readonly lacks: StoreLacks;
  /** Ends the command. */
  readonly signal: AbortSignal | undefined;
  /** The error for the user. */
  explain(error: unknown, action: string, key: string): Error;
}

export interface OnceWrite extends PutOnceOptions {
  readonly key: string;
  readonly text: string;
}

/** `Bucket.putOnce`. The time counts from the call, with all that comes before the request. */
export async function putOnce(bucket: OnceBucket, write: OnceWrite): Promise<void> {
  const { name, signal } = bucket;
  const { key, timeout } = write;
  const ending = new AbortController();
  // Not `AbortSignal.any`: in Deno 2.7 its signal may be garbage-collected before it fires.
  const onAbort = (): void => ending.abort(signal?.reason);
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort);
  const late = new StorageError(
    `S3 did not answer ${ACTION} on s3://${name}/${key} within ${timeout / 1000} s`,
    { reason: "unreachable", retryable: true, action: ACTION },
  );
  const timer = setTimeout(() => ending.abort(late), timeout);
  try {
    await orAborted(() => send(bucket, write, ending.signal), ending.signal);
  } catch (error) {
    if (error === ending.signal.reason) throw error;
    throw bucket.explain(error, ACTION, key);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

async function send(
  { name, client, settings, lacks }: OnceBucket,
  { key, text, contentType }: OnceWrite,
  abortSignal: AbortSignal,
): Promise<void> {
  const once = clientTryingOnce(client, settings);
  const target = { Bucket: name, Key: key };
  const body = new TextEncoder().encode(text);
  await inKnownForm(lacks, { checksums: true, conditions: false }, async (form) => {
    const check = checkOf(body, { form, sha256: undefined, target });
    const command = new PutObjectCommand({
      ...target,
      Body: body,
      ContentType: contentType,
      ...check,
    });
    await once.send(command, { abortSignal });
  });
}
