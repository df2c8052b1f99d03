/** Explains why no answer came. */
import { messageOf, StorageError } from "../../errors.ts";
import { oneLine } from "../../foreign_text.ts";
import type { S3Request } from "./failure.ts";

/** The runtime's messages about a connection, with the reason in words for people. */
const REASONS: readonly (readonly [said: RegExp, reason: string, hint?: string])[] = [
  [/unsuccessful tunnel|proxy authorization/i, "the proxy refuses to connect there"],
  [/Connection refused/i, "connection refused"],
  [/dns error|failed to lookup/i, "the name does not resolve"],
  [/timed? ?out|not complete within/i, "no answer in time"],
  [
    /invalid HTTP version|InvalidMessage\(InvalidContentType|corrupt message of type InvalidContentType/i,
    "it speaks another protocol",
    "If the port expects TLS, use https:// in AWS_ENDPOINT_URL_S3, else http://",
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
    // With this cause, --verbose would show the header.
    cause: isHeaderProblem(said) ? undefined : error,
    reason: "unreachable",
    retryable: true,
    hint: proxy !== undefined
      ? `Check ${proxy.variable}, and that the proxy runs and allows this host, or add it to NO_PROXY`
      : known ??
        (endpoint === undefined
          ? "Check the network, the DNS and AWS_REGION"
          : "Check AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL, and that the store is running"),
  });
}

/** At most so many characters of the runtime's message are shown. */
const LONGEST = 300;

/** The last cause in the chain is the system's own message. The outer ones repeat the URL. */
function innermostOf(error: unknown): string {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause !== undefined) innermost = innermost.cause;
  return withoutHeaders(oneLine(messageOf(innermost))).slice(0, LONGEST);
}

/**
 * Hides a header that cannot be sent. The runtime's message quotes it, with the signature or the
 * session token.
 */
function withoutHeaders(text: string): string {
  return isHeaderProblem(text) ? "a header cannot be sent" : text;
}

function isHeaderProblem(text: string): boolean {
  return /header/i.test(text) && /invalid|cannot be sent|not valid|ByteString/i.test(text);
}
