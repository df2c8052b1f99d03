/** What stores may answer to reads: all that the SDK has to tell apart. */
import { createHash } from "node:crypto";
import { assertEquals } from "../../../assert.ts";

/** The answer to a request, and how many came before. */
export type Store = (request: Request, before: number) => Response;

const XML = { "content-type": "application/xml", "x-amz-request-id": "4442587FB7D0A2F9" };

export function failing(status: number, code: string, more = "", headers = {}): Store {
  const body =
    `<?xml version="1.0"?>\n<Error><Code>${code}</Code><Message>Said: ${code}</Message>` +
    `${more}<RequestId>4442587FB7D0A2F9</RequestId></Error>`;
  return ({ method }) =>
    new Response(method === "HEAD" ? null : body, { status, headers: { ...XML, ...headers } });
}

export function listing(content: string): Store {
  return () =>
    new Response(`<?xml version="1.0"?>\n<ListBucketResult>${content}</ListBucketResult>`, {
      headers: XML,
    });
}

function object(text: string, headers: Record<string, string>): Store {
  return ({ method }) =>
    new Response(method === "HEAD" ? null : text, { headers: { etag: '"x"', ...headers } });
}

/** `first`, and from the next request on `later`. */
function then(first: Store, later: Store): Store {
  return (request, before) => before === 0 ? first(request, 0) : later(request, before);
}

const ENTRY = "<Contents><Key>a.1</Key><Size>3</Size><ETag>&quot;x&quot;</ETag>" +
  "<LastModified>2026-11-27T00:00:00.000Z</LastModified></Contents>";
export const WHOLE = "<IsTruncated>false</IsTruncated>";

export const LISTINGS: readonly (readonly [string, Store])[] = [
  ["nothing", listing(WHOLE)],
  ["one object", listing(WHOLE + ENTRY)],
  ["two objects", listing(WHOLE + ENTRY + ENTRY.replace("a.1", "a.2"))],
  ["no word of its end", listing(ENTRY)],
  ["no times", listing(WHOLE + ENTRY.replace(/<LastM.*Modified>/, ""))],
  ["a time that is none", listing(WHOLE + ENTRY.replace("11-27T00", "13-45T99"))],
  ["entities", listing(WHOLE + ENTRY.replace("a.1", "a.&amp;&#x20;&#233;&#x1F600;"))],
  ["an escaped part", listing(WHOLE + ENTRY.replace("a.1", "<![CDATA[a.<&>]]>"))],
  ["a name space", listing(WHOLE + ENTRY.replaceAll("Key>", "s3:Key>"))],
  ["a size that is none", listing(WHOLE + ENTRY.replace(">3<", ">0x3<"))],
  ["an entry without a key", listing(WHOLE + "<Contents><Size>3</Size></Contents>")],
  ["another prefix", listing(WHOLE + ENTRY.replace("a.1", "b.1"))],
  ["tags that do not fit", listing(`${WHOLE}<Contents></Key>`)],
  ["more, without a token", listing("<IsTruncated>true</IsTruncated>")],
  [
    "two pages",
    then(
      listing(
        `<IsTruncated>true</IsTruncated><NextContinuationToken>1/+ =</NextContinuationToken>${ENTRY}`,
      ),
      (request) => {
        assertEquals(new URL(request.url).searchParams.get("continuation-token"), "1/+ =");
        return listing(WHOLE + ENTRY.replace("a.1", "a.2"))(request, 1);
      },
    ),
  ],
];

const sum = (algorithm: string, text: string): string =>
  createHash(algorithm).update(text).digest("base64");

export const OBJECTS: readonly (readonly [string, Store])[] = [
  ["an object", object("abc", {})],
  ["an empty object", object("", { "content-length": "0" })],
  [
    "all that S3 tells",
    object("abc", {
      "last-modified": "Fri, 27 Nov 2026 00:00:00 GMT",
      "x-amz-meta-ftl-by": "me@here",
      "x-amz-meta-note": "caf\u00e9",
      "x-amz-expiration": 'expiry-date="Fri, 27 Nov 2026 00:00:00 GMT", rule-id="x"',
      "x-amz-checksum-sha256": sum("sha256", "abc"),
      "x-amz-checksum-type": "FULL_OBJECT",
      "x-amz-server-side-encryption": "aws:kms",
      "x-amz-storage-class": "STANDARD_IA",
    }),
  ],
  ["an ETag that is an MD5", object("abc", { etag: '"900150983cd24fb0d6963f7d28e17f72"' })],
  ["an old form of time", object("abc", { "last-modified": "Friday, 27-Nov-26 00:00:00 GMT" })],
  ["another checksum", object("abc", { "x-amz-checksum-sha256": sum("sha256", "abd") })],
  ["SHA-1", object("abc", { "x-amz-checksum-sha1": sum("sha1", "abc") })],
  ["CRC-32", object("abc", { "x-amz-checksum-crc32": "NSRBwg==" })],
  ["another CRC-32", object("abc", { "x-amz-checksum-crc32": "NSRBwA==" })],
  ["another CRC-32C", object("abc", { "x-amz-checksum-crc32c": "NSRBwA==" })],
  ["CRC-64", object("abc", { "x-amz-checksum-crc64nvme": "AAAAAAAAAAA=" })],
  ["parts", object("abc", { "x-amz-checksum-sha256": `${sum("sha256", "x")}-2` })],
  [
    "damage that is gone at the next try",
    then(object("abd", { "x-amz-checksum-sha256": sum("sha256", "abc") }), object("abc", {})),
  ],
  ["too much", object("x".repeat(5000), {})],
  ["far too much", object("x".repeat(20_000), {})],
  ["204", () => new Response(null, { status: 204, headers: { etag: '"x"' } })],
];

/** The SDK leaves the body of such an answer open. */
export const OBJECTS_WITHOUT_BODY: readonly (readonly [string, Store])[] = [
  ["a time that is none", object("abc", { "last-modified": "yesterday" })],
];

const REGION = { "x-amz-bucket-region": "eu-west-1" };

/** To any request. */
export const FAILURES: readonly (readonly [string, Store])[] = [
  ["no such key", failing(404, "NoSuchKey")],
  ["no such bucket", failing(404, "NoSuchBucket")],
  ["denied", failing(403, "AccessDenied")],
  ["an unknown key", failing(403, "InvalidAccessKeyId")],
  ["another signature", failing(403, "SignatureDoesNotMatch")],
  ["an expired session", failing(400, "ExpiredToken")],
  ["another region", failing(301, "PermanentRedirect", "<Region>eu-west-1</Region>")],
  ["another region in a header", failing(301, "PermanentRedirect", "", REGION)],
  ["another region by the signature", failing(400, "AuthorizationHeaderMalformed", "", REGION)],
  ["a redirect for now", failing(307, "TemporaryRedirect")],
  [
    "a checksum that is not known",
    failing(400, "InvalidArgument", "<ArgumentName>x-amz-checksum-mode</ArgumentName>"),
  ],
  ["not implemented", failing(501, "NotImplemented")],
  ["a changed object", failing(412, "PreconditionFailed")],
  ["an archived object", failing(403, "InvalidObjectState")],
  ["an error without an end", () => new Response("<Error><Code>AccessDenied", { status: 403 })],
  [
    "a page",
    () => new Response("<html>Hello</html>", { headers: { "content-type": "text/html" } }),
  ],
];

/** The SDK's tries are counted too. */
export const RETRIED: readonly (readonly [string, Store])[] = [
  ["500 once", then(failing(500, "InternalError"), failing(404, "NoSuchKey"))],
  ["502 once", then(failing(502, "BadGateway"), failing(404, "NoSuchKey"))],
  ["503 once", then(failing(503, "ServiceUnavailable"), failing(404, "NoSuchKey"))],
  ["503 for ever", failing(503, "ServiceUnavailable")],
  ["SlowDown once", then(failing(503, "SlowDown"), failing(404, "NoSuchKey"))],
  ["429 once", then(failing(429, "TooManyRequests"), failing(404, "NoSuchKey"))],
  ["a late request once", then(failing(400, "RequestTimeout"), failing(404, "NoSuchKey"))],
  [
    "half of a document once",
    then(() => new Response("<ListBucketResult><Con", { headers: XML }), failing(404, "NoSuchKey")),
  ],
];
