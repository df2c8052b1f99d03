/**
 * From a request's method, host and target to bucket, key and operation.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
import { S3Error } from "./errors.ts";
import type { RequestHead } from "./http/request_head.ts";
import { Query } from "./query.ts";

export interface Route {
  /** As sent, still encoded: what is signed. */
  readonly path: string;
  readonly query: Query;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
}

const MAX_KEY_BYTES = 1024;

/** Throws InvalidURI or KeyTooLongError. */
export function routeOf(head: RequestHead): Route {
  const at = head.target.indexOf("?");
  const path = at === -1 ? head.target : head.target.slice(0, at);
  const query = new Query(at === -1 ? "" : head.target.slice(at + 1));
  if (!path.startsWith("/")) throw new S3Error("InvalidURI");
  const hostBucket = bucketOfHost(head.headers.get("host") ?? "");
  let rest = path.slice(1);
  let bucket = hostBucket;
  if (hostBucket === undefined) {
    const slash = rest.indexOf("/");
    bucket = decodePath(slash === -1 ? rest : rest.slice(0, slash)) || undefined;
    rest = slash === -1 ? "" : rest.slice(slash + 1);
  }
  const key = decodePath(rest) || undefined;
  const bytes = key === undefined ? 0 : new TextEncoder().encode(key).length;
  if (bytes > MAX_KEY_BYTES) {
    throw new S3Error("KeyTooLongError", {
      details: { Size: bytes, MaxSizeAllowed: MAX_KEY_BYTES },
    });
  }
  return { path, query, bucket, key };
}

/** `bucket.localhost:9321` and `bucket.s3.<region>.amazonaws.com` name a bucket. */
function bucketOfHost(host: string): string | undefined {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  return /^(.+)\.localhost$/.exec(name)?.[1] ??
    /^(.+)\.s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com$/.exec(name)?.[1];
}

function decodePath(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new S3Error("InvalidURI");
  }
}

/** The parameters that make another operation of a request, among them those that S3 alone has. */
const SUBRESOURCES = new Set([
  "abac",
  "accelerate",
  "acl",
  "analytics",
  "append",
  "attributes",
  "cors",
  "delete",
  "encryption",
  "intelligent-tiering",
  "inventory",
  "legal-hold",
  "lifecycle",
  "location",
  "logging",
  "metadataConfiguration",
  "metadataInventoryTable",
  "metadataJournalTable",
  "metadataTable",
  "metrics",
  "notification",
  "object-lock",
  "ownershipControls",
  "policy",
  "policyStatus",
  "publicAccessBlock",
  "renameObject",
  "replication",
  "requestPayment",
  "restore",
  "retention",
  "select",
  "session",
  "tagging",
  "torrent",
  "updateObjectEncryption",
  "uploadId",
  "uploads",
  "versioning",
  "versions",
  "website",
]); // deno-fmt-ignore-line

/** Parameters without a value that name no operation. */
const PLAIN = /^(x-id|x-amz-.*|response-.*|prefix|delimiter|marker|max-.*|start-after|versionId|encoding-type|fetch-owner|continuation-token|key-marker|upload-id-marker|part-number-marker|partNumber|list-type|allow-unordered|bucket-region)$/i;

const OPERATIONS = {
  "service GET": "ListBuckets",
  "bucket GET": "ListObjects",
  "bucket GET location": "GetBucketLocation",
  "bucket GET uploads": "ListMultipartUploads",
  "bucket HEAD": "HeadBucket",
  "bucket PUT": "CreateBucket",
  "bucket DELETE": "DeleteBucket",
  "bucket POST delete": "DeleteObjects",
  "object GET": "GetObject",
  "object GET uploadId": "ListParts",
  "object HEAD": "HeadObject",
  "object PUT": "PutObject",
  "object PUT uploadId": "UploadPart",
  "object POST uploads": "CreateMultipartUpload",
  "object POST uploadId": "CompleteMultipartUpload",
  "object DELETE": "DeleteObject",
  "object DELETE uploadId": "AbortMultipartUpload",
} as const;

export type OperationName =
  | typeof OPERATIONS[keyof typeof OPERATIONS]
  | "ListObjectsV2"
  | "CopyObject"
  | "UploadPartCopy";

/**
 * The operation that a request asks for. Throws MethodNotAllowed for a method that S3 has not at
 * that place, NotImplemented for what S3 can and this server cannot.
 */
export function operationOf(head: RequestHead, route: Route): OperationName {
  const scope = route.key !== undefined ? "object" : route.bucket ? "bucket" : "service";
  const subresources = route.query.entries.filter(([name, value]) =>
    SUBRESOURCES.has(name) || (value === "" && !PLAIN.test(name))
  ).map(([name]) => name);
  const wanted = [`${scope} ${head.method}`, ...subresources].join(" ");
  const operation = (OPERATIONS as Record<string, OperationName | undefined>)[wanted];
  if (operation === undefined) throw unknownOperation(head.method, subresources);
  // Taken for a PUT of the object, a part that has lost its upload would replace the whole.
  if (operation === "PutObject" && route.query.get("partNumber") !== undefined) {
    throw new S3Error("InvalidArgument", {
      message: "This operation does not accept partNumber without uploadId",
      details: { ArgumentName: "partNumber", ArgumentValue: route.query.get("partNumber") ?? "" },
    });
  }
  const isCopy = head.headers.has("x-amz-copy-source");
  if (operation === "PutObject" && isCopy) return "CopyObject";
  if (operation === "UploadPart" && isCopy) return "UploadPartCopy";
  if (operation === "ListObjects" && route.query.get("list-type") === "2") return "ListObjectsV2";
  return operation;
}

function unknownOperation(method: string, subresources: readonly string[]): S3Error {
  if (subresources.length === 0 && method !== "OPTIONS" && method !== "POST") {
    return new S3Error("MethodNotAllowed", { details: { Method: method } });
  }
  const what = subresources.length === 0 ? method : `${method} with ?${subresources.join("&")}`;
  return new S3Error("NotImplemented", {
    message: `This server does not implement ${what}`,
  });
}

/** Headers that ask for what this server has not, with the values that ask for nothing. */
const UNSUPPORTED_HEADERS: readonly (readonly [name: RegExp, harmless: RegExp])[] = [
  [/^x-amz-acl$/, /^(private|bucket-owner-full-control|bucket-owner-read)$/],
  [/^x-amz-grant-/, /^$/],
  [/^x-amz-tagging$/, /^$/],
  [/^x-amz-object-lock-/, /^$/],
  [/^x-amz-bucket-object-lock-enabled$/, /^false$/i],
  [/^x-amz-server-side-encryption$/, /^AES256$/],
  [/^x-amz-server-side-encryption-/, /^$/],
  [/^x-amz-copy-source-server-side-encryption-/, /^$/],
  [/^x-amz-write-offset-bytes$/, /^$/],
  // A condition on the account, which this server does not know.
  [/^x-amz-(source-)?expected-bucket-owner$/, /^$/],
];

/** How conditions are called: those of HTTP, those on the source of a copy, those of directory buckets. */
const CONDITION = /^(x-amz-(.*-)?)?if-/;
const ON_TARGET = "if-(none-)?match";
const ON_SOURCE = "x-amz-copy-source-if-((none-)?match|(un)?modified-since)";

/** The conditions that writes ask. A read may ignore what it does not know (RFC 9110, section 13). */
const CONDITIONS_OF_WRITES: Partial<Record<OperationName, RegExp>> = {
  CompleteMultipartUpload: new RegExp(`^${ON_TARGET}$`),
  CopyObject: new RegExp(`^(${ON_TARGET}|${ON_SOURCE})$`),
  DeleteObject: /^if-match$/,
  PutObject: new RegExp(`^${ON_TARGET}$`),
  UploadPartCopy: new RegExp(`^${ON_SOURCE}$`),
};

/**
 * Throws NotImplemented if a header asks for something that this server would silently not do, such as a write on a
 * condition that it does not know.
 */
export function assertHeadersSupported(
  { method, headers }: RequestHead,
  operation: OperationName,
): void {
  const asked = ["GET", "HEAD"].includes(method)
    ? CONDITION
    : CONDITIONS_OF_WRITES[operation] ?? /^$/;
  for (const [name, value] of headers) {
    const isUnknown = CONDITION.test(name) && !asked.test(name);
    const isUnsupported = UNSUPPORTED_HEADERS.some(([asks, harmless]) =>
      asks.test(name) && !harmless.test(value)
    );
    if (isUnknown || isUnsupported) {
      throw new S3Error("NotImplemented", { details: { Header: name } });
    }
  }
}
