/** Removes many objects with few requests. */
import { createHash } from "node:crypto";
import { OutcomeUnknownError } from "../../errors.ts";
import { inParallel } from "../../concurrency/parallel.ts";
import type { NotRemoved } from "../bucket.ts";
import { Grace, outcomeUnknown } from "./grace.ts";
import { statusOf } from "../aws/sdk_error.ts";
import { DeleteObjectsCommand, type S3Client } from "./sdk.ts";

/**
 * The most keys of one request:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
 */
const KEYS_A_REQUEST = 1000;
/** Requests under way at the same time, if the store removes only one key per request. */
const SINGLE_REQUESTS = 16;
/**
 * Statuses of stores that do not support the request, or not in this form. Then FTL removes the
 * objects one by one, and each answer tells more.
 */
const UNKNOWN_REQUEST: ReadonlySet<number> = new Set([400, 405, 411, 501]);

interface BulkRemoval {
  readonly client: S3Client;
  readonly bucket: string;
  readonly signal: AbortSignal | undefined;
  /** Removes one object; throws an error for the user. */
  readonly removeOne: (key: string) => Promise<void>;
  readonly explain: (error: unknown, key: string | undefined) => Error;
}

/**
 * Removes objects and returns those that were not removed, with the reasons. Throws an error that
 * concerns all of them. The signal is checked between requests.
 */
export async function removeMany(
  keys: readonly string[],
  removal: BulkRemoval,
): Promise<NotRemoved[]> {
  const left: NotRemoved[] = [];
  for (let i = 0; i < keys.length; i += KEYS_A_REQUEST) {
    removal.signal?.throwIfAborted();
    left.push(...await removeBatch(keys.slice(i, i + KEYS_A_REQUEST), removal));
  }
  return left;
}

async function removeBatch(keys: readonly string[], removal: BulkRemoval): Promise<NotRemoved[]> {
  const { client, bucket, signal, explain } = removal;
  if (keys.length === 1) return await removeEach(keys, removal);
  const Objects = keys.map((Key) => ({ Key }));
  const command = new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } });
  command.middlewareStack.add(
    (next) => (args) => {
      addMd5(args.request);
      return next(args);
    },
    // Runs after the SDK adds its own checksum, and before the signature.
    { step: "build", priority: "low", name: "ftlContentMd5" },
  );
  using grace = new Grace(signal);
  try {
    const { Errors = [] } = await client.send(command, { abortSignal: grace.signal });
    return Errors.map(({ Key = "", Code, Message }) => ({
      key: Key,
      error: explain(
        Object.assign(new Error(Message ?? ""), {
          name: Code ?? "Unknown",
          $metadata: { httpStatusCode: 400 },
        }),
        Key,
      ),
    }));
  } catch (error) {
    if (signal?.aborted && statusOf(error) === 0) {
      const what = `any of ${keys.length} objects in s3://${bucket}`;
      throw outcomeUnknown(signal.reason, { what, done: "removed", found: "no answer" });
    }
    signal?.throwIfAborted();
    if (!UNKNOWN_REQUEST.has(statusOf(error))) throw explain(error, undefined);
    return await removeEach(keys, removal);
  }
}

/**
 * Adds Content-MD5. Every store accepts it for this request; older stores accept no other checksum.
 */
function addMd5(request: unknown): void {
  const { headers, body } = request as { headers: Record<string, string>; body: unknown };
  if (typeof body !== "string" && !(body instanceof Uint8Array)) return;
  for (const name of Object.keys(headers)) {
    if (/^x-amz-(checksum-|sdk-checksum-|trailer)/i.test(name)) delete headers[name];
  }
  headers["content-md5"] = createHash("md5").update(body).digest("base64");
}

async function removeEach(
  keys: readonly string[],
  { removeOne, signal }: BulkRemoval,
): Promise<NotRemoved[]> {
  const left: NotRemoved[] = [];
  let unknown: OutcomeUnknownError | undefined;
  let settled = 0;
  try {
    await inParallel(keys, { concurrency: SINGLE_REQUESTS, signal }, async (key) => {
      try {
        await removeOne(key);
      } catch (error) {
        if (error instanceof OutcomeUnknownError) throw unknown ??= error;
        left.push({ key, error: error as Error });
      }
      settled++;
    });
  } catch (error) {
    if (settled < keys.length) throw unknown ?? error;
  }
  return left;
}
