/** Why no answer came. */
import { messageOf, StorageError } from "../core/errors.ts";
import { oneLine, type S3Request } from "./s3_failure.ts";

export function unreachable(error: unknown, { endpoint, bucket }: S3Request): StorageError {
  const where = endpoint ?? `the bucket ${bucket}`;
  return new StorageError(`Cannot reach S3 at ${where}: ${networkReason(error)}`, {
    cause: error,
    reason: "unreachable",
    isTransient: true,
    hint: endpoint === undefined
      ? "Check the network, the DNS and AWS_REGION"
      : "Check AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL, and that the store is running",
  });
}

/** The last cause in a chain is what the system said; the outer ones repeat the URL. */
function networkReason(error: unknown): string {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause !== undefined) innermost = innermost.cause;
  const text = oneLine(messageOf(innermost));
  if (/Connection refused/i.test(text)) return "connection refused";
  if (/dns error|failed to lookup/i.test(text)) return "the name does not resolve";
  if (/timed? ?out|not complete within/i.test(text)) return "no answer in time";
  if (/reset|closed before|UnexpectedEof|reading a body/i.test(text)) return "the connection broke";
  if (/certificate|tls/i.test(text)) return `TLS: ${text}`;
  return text;
}
