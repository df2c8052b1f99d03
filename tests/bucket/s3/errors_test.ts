/** What S3 answers, in the words of FTL: the message, the hint, and what code decides by. */
import { assertEquals, assertStringIncludes } from "../../assert.ts";
import { StorageError } from "../../../src/errors.ts";
import { explainS3Error } from "../../../src/bucket/s3/errors.ts";

const REQUEST = {
  action: "s3:GetObject",
  bucket: "deploys",
  key: "a.VZ5vQk8aR4G.tgz",
  endpoint: undefined,
};

/** As the SDK throws it. */
function answer(status: number, code: string, message: string): Error {
  return Object.assign(new Error(message), {
    name: code,
    $metadata: { httpStatusCode: status, requestId: "4442587FB7D0A2F9" },
  });
}

function explain(status: number, code: string, message: string): StorageError {
  return asStorageError(explainS3Error(answer(status, code, message), REQUEST));
}

function asStorageError(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  throw new Error(`no StorageError: ${error}`);
}

const WHO = "User: arn:aws:sts::123456789012:assumed-role/web/i-0 is not authorized to perform: ";

/** S3's sentence, and what the hint says. */
const DENIALS: readonly (readonly [said: string, hint: string])[] = [
  [
    `${WHO}kms:Decrypt on resource: arn:aws:kms:us-east-1:123456789012:key/1 because no identity-based policy allows the kms:Decrypt action`,
    "Allow kms:Decrypt on the KMS key to the credentials in use, in IAM and in the key's policy",
  ],
  [
    `${WHO}s3:GetObject on resource: "arn:aws:s3:::deploys/a" with an explicit deny in a VPC endpoint policy`,
    "The VPC endpoint's policy forbids it, whatever IAM allows: change that",
  ],
  [
    `${WHO}kms:Decrypt with an explicit deny in a service control policy`,
    "A service control policy of the organization forbids it: ask its owner",
  ],
  [
    `${WHO}s3:GetObject with an explicit deny in a resource control policy`,
    "A resource control policy of the organization forbids it: ask its owner",
  ],
  [
    `${WHO}s3:GetObject with an explicit deny in a resource-based policy`,
    "The bucket's policy forbids it, whatever IAM allows: change that",
  ],
  [
    `${WHO}s3:GetObject because no permissions boundary allows the s3:GetObject action`,
    "The permissions boundary of the user or role forbids it: change that",
  ],
  [
    `${WHO}s3:GetObject because no session policy allows the s3:GetObject action`,
    "The policy of the session forbids it: ask for another session",
  ],
  [
    "Access Denied because object protected by object lock.",
    "Object lock keeps the object until its retention or its legal hold ends",
  ],
  [
    "Mfa Authentication must be used for this request: MFA",
    "The bucket demands multi-factor authentication for this, which FTL does not support",
  ],
  [
    `${WHO}s3:GetObjectVersion on resource: "arn:aws:s3:::deploys/a" because no identity-based policy allows it`,
    "Allow s3:GetObjectVersion on arn:aws:s3:::deploys/a to the credentials in use",
  ],
];

for (const [said, hint] of DENIALS) {
  Deno.test(`a denial shows S3's sentence and where it is mended: ${hint}`, () => {
    const error = explain(403, "AccessDenied", said);
    assertStringIncludes(error.message, "Access denied: s3:GetObject on s3://deploys/a.VZ5");
    assertStringIncludes(error.message, `(S3 says: ${said})`);
    assertEquals([error.hint, error.reason, error.said], [hint, "denied", said]);
  });
}

Deno.test("a denial without a sentence names the right that is lacking", () => {
  for (const said of ["Access Denied", "AccessDenied", "Forbidden", ""]) {
    const error = explain(403, "AccessDenied", said);
    assertEquals(error.message, "Access denied: s3:GetObject on s3://deploys/a.VZ5vQk8aR4G.tgz");
    assertEquals(
      error.hint,
      "Allow s3:GetObject on arn:aws:s3:::deploys/* to the credentials in use",
    );
  }
});

Deno.test("S3's sentence comes on one line, without what a terminal obeys, and bounded", () => {
  const { message } = explain(403, "AccessDenied", `a\n\x1b[31mb${"c".repeat(9999)}`);
  assertStringIncludes(message, "(S3 says: a \\x1b[31mbccc");
  assertEquals(message.length < 600, true);
});

/** The answer, and what code decides by. */
const REASONS: readonly (readonly [number, string, StorageError["reason"], boolean])[] = [
  [403, "AccessDenied", "denied", false],
  [403, "InvalidAccessKeyId", "unauthenticated", false],
  [403, "SignatureDoesNotMatch", "unauthenticated", false],
  [400, "ExpiredToken", "unauthenticated", false],
  [503, "SlowDown", "busy", true],
  [500, "InternalError", "busy", true],
  [429, "TooManyRequests", "busy", true],
  [400, "RequestTimeout", "busy", true],
  [501, "NotImplemented", "unsupported", false],
  [507, "XMinioStorageFull", "full", false],
  [403, "QuotaExceeded", "full", false],
  [403, "InvalidObjectState", "other", false],
  [400, "KMS.DisabledException", "other", false],
  [400, "EntityTooLarge", "other", false],
];

Deno.test("code decides by the reason, the code and the request id, not by messages", () => {
  for (const [status, code, reason, retryable] of REASONS) {
    const error = explain(status, code, "Something");
    assertEquals([code, error.reason, error.retryable], [code, reason, retryable]);
    assertEquals([error.code, error.action], [code, "s3:GetObject"]);
    assertEquals(error.requestId, "4442587FB7D0A2F9");
  }
});

Deno.test("an answer that never came may come the next time", () => {
  const error = asStorageError(explainS3Error(new TypeError("error sending"), REQUEST));
  assertEquals([error.reason, error.retryable], ["unreachable", true]);
});
