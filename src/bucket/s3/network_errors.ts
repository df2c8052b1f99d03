/** Why no answer came. */
import { messageOf, StorageError } from "../../errors.ts";
import { oneLine } from "../../foreign_text.ts";
import type { S3Request } from "./failure.ts";

/** What the runtime says about a connection, and how a person calls it. */
const REASONS: readonly (readonly [said: RegExp, reason: string, hint?: string])[] = [
  [/unsuccessful tunnel|proxy authorization/i, "the proxy refuses to connect there"],
  [/Connection refused/i, "connection refused"],
  [/dns error|failed to lookup/i, "the name does not resolve"],
  [/timed? ?out|not complete within/i, "no answer in time"],
  [
    /invalid HTTP version|InvalidMessage\(InvalidContentType|corrupt message of type InvalidContentType/i,
    "it speaks another protocol",
    "Is that a port for TLS? Then https:// in AWS_ENDPOINT_URL_S3, else http://",
  ],
  [/reset|closed before|UnexpectedEof|reading a body|peer closed/i, "the connection broke"],
];

export function unreachable(
  error: unknown,
  { endpoint, bucket, proxyOf }: S3Request,
): StorageError {
  const where = endpoint ?? `the bucket ${bucket}`;
  const said = innermostOf(error);
  const [, reason, known] = REASONS.find(([pattern]) => pattern.test(said)) ?? [];
  const text = /certificate|tls/i.test(said) ? `TLS: ${said}` : said;
  const target = URL.parse(/for url \((https?:[^)\s]+)/.exec(said)?.[1] ?? endpoint ?? "");
  const proxy = target === null ? undefined : proxyOf?.(target);
  const way = proxy === undefined ? "" : ` through the proxy ${proxy.url}`;
  return new StorageError(`Cannot reach S3 at ${where}${way}: ${reason ?? text}`, {
    // With such a cause --verbose would show the header.
    cause: isHeaderProblem(said) ? undefined : error,
    reason: "unreachable",
    retryable: true,
    hint: proxy !== undefined
      ? `Check ${proxy.variable}, and that the proxy runs and lets it through; NO_PROXY excepts hosts`
      : known ??
        (endpoint === undefined
          ? "Check the network, the DNS and AWS_REGION"
          : "Check AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL, and that the store is running"),
  });
}

/** Characters of what the runtime says. */
const LONGEST = 300;

/** The last cause in a chain is what the system said; the outer ones repeat the URL. */
function innermostOf(error: unknown): string {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause !== undefined) innermost = innermost.cause;
  return withoutHeaders(oneLine(messageOf(innermost))).slice(0, LONGEST);
}

/** A header that cannot be sent is quoted by the runtime: with the signature, or the session's token. */
function withoutHeaders(text: string): string {
  return isHeaderProblem(text) ? "a header cannot be sent" : text;
}

function isHeaderProblem(text: string): boolean {
  return /header/i.test(text) && /invalid|cannot be sent|not valid|ByteString/i.test(text);
}
