/**
 * Who asks, and whether the request is as they signed it: Signature Version 4, in the header or
 * in the query (presigned).
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */
import { timingSafeEqual } from "node:crypto";
import { S3Error } from "../errors.ts";
import type { Query } from "../query.ts";
import { canonicalRequest, hexOf, hmac, sha256Hex, signingKey } from "./canonical_request.ts";
import { type SignatureClaim, signatureClaim } from "./signature_claim.ts";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** If it is set, every request must carry it. If not, no request may carry one. */
  readonly sessionToken?: string | undefined;
  readonly region: string;
}

export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Query;
  readonly headers: ReadonlyMap<string, string>;
}

/** What is known of a request whose signature is right. */
export interface Authorization {
  /** The value of x-amz-content-sha256, or UNSIGNED-PAYLOAD. */
  readonly payloadHash: string;
  /** What the signatures of chunks are made with. */
  readonly signingKey: Uint8Array;
  readonly scope: string;
  readonly timestamp: string;
  readonly signature: string;
}

const MAX_SKEW_MILLISECONDS = 15 * 60 * 1000;

/** Verifies a request at `now` (Unix milliseconds). Throws the S3Error that S3 would answer with. */
export function authorize(
  request: SignedRequest,
  { credentials, now }: { credentials: Credentials; now: number },
): Authorization {
  const claim = signatureClaim(request);
  if (!equalInConstantTime(claim.accessKeyId, credentials.accessKeyId)) {
    throw new S3Error("InvalidAccessKeyId", { details: { AWSAccessKeyId: claim.accessKeyId } });
  }
  assertScope(claim, credentials.region);
  assertTime(claim, now);
  assertHeadersSigned(claim, request);
  const token = claim.presigned
    ? request.query.get("X-Amz-Security-Token")
    : request.headers.get("x-amz-security-token");
  if (!equalInConstantTime(token ?? "", credentials.sessionToken ?? "")) {
    throw new S3Error("InvalidToken");
  }
  const payloadHash = payloadHashOf(claim, request);
  const canonical = canonicalRequest({
    ...request,
    signedHeaders: claim.signedHeaders,
    payloadHash,
  });
  const stringToSign = `AWS4-HMAC-SHA256\n${claim.timestamp}\n${claim.scope}\n${
    sha256Hex(canonical)
  }`;
  const key = signingKey(credentials.secretAccessKey, claim);
  if (!equalInConstantTime(hexOf(hmac(key, stringToSign)), claim.signature)) {
    throw new S3Error("SignatureDoesNotMatch", {
      details: {
        AWSAccessKeyId: claim.accessKeyId,
        StringToSign: stringToSign,
        SignatureProvided: claim.signature,
        CanonicalRequest: canonical,
      },
    });
  }
  return {
    payloadHash,
    signingKey: key,
    scope: claim.scope,
    timestamp: claim.timestamp,
    signature: claim.signature,
  };
}

/** Compares without telling by its duration where two texts differ. */
export function equalInConstantTime(a: string, b: string): boolean {
  // Equal lengths, whatever comes in: the hashes are compared.
  const [x, y] = [a, b].map((text) => new TextEncoder().encode(sha256Hex(text)));
  return x !== undefined && y !== undefined && timingSafeEqual(x, y) && a === b;
}

function malformed(claim: SignatureClaim, message: string, region?: string): S3Error {
  return claim.presigned
    ? new S3Error("AuthorizationQueryParametersError", {
      message: `Error parsing the X-Amz-Credential parameter; ${message}`,
      ...(region === undefined ? {} : { details: { Region: region } }),
    })
    : new S3Error("AuthorizationHeaderMalformed", {
      message: `The authorization header is malformed; ${message}`,
      ...(region === undefined ? {} : { details: { Region: region } }),
    });
}

function assertScope(claim: SignatureClaim, region: string): void {
  if (claim.region !== region) {
    throw malformed(claim, `the region '${claim.region}' is wrong; expecting '${region}'`, region);
  }
  if (claim.service !== "s3") {
    throw malformed(
      claim,
      `incorrect service "${claim.service}". This endpoint belongs to "s3".`,
    );
  }
  if (claim.date !== claim.timestamp.slice(0, 8)) {
    throw malformed(
      claim,
      `Invalid credential date "${claim.date}". This date is not the same as X-Amz-Date: ` +
        `"${claim.timestamp.slice(0, 8)}".`,
    );
  }
}

function assertTime(claim: SignatureClaim, now: number): void {
  const serverTime = new Date(now).toISOString().replace(/\.\d+/, "");
  if (claim.presigned) {
    if (claim.time - now > MAX_SKEW_MILLISECONDS) {
      throw new S3Error("AccessDenied", {
        message: "Request is not yet valid",
        details: { "X-Amz-Date": claim.timestamp, ServerTime: serverTime },
      });
    }
    const expires = claim.time + claim.expiresSeconds * 1000;
    if (now > expires) {
      throw new S3Error("AccessDenied", {
        message: "Request has expired",
        details: {
          "X-Amz-Expires": claim.expiresSeconds,
          Expires: new Date(expires).toISOString().replace(/\.\d+/, ""),
          ServerTime: serverTime,
        },
      });
    }
  } else if (Math.abs(claim.time - now) > MAX_SKEW_MILLISECONDS) {
    throw new S3Error("RequestTimeTooSkewed", {
      details: {
        RequestTime: claim.timestamp,
        ServerTime: serverTime,
        MaxAllowedSkewMilliseconds: MAX_SKEW_MILLISECONDS,
      },
    });
  }
}

/** Host and every x-amz- header must be covered by the signature, else they could be changed. */
function assertHeadersSigned(claim: SignatureClaim, request: SignedRequest): void {
  const unsigned = [...request.headers.keys()].filter((name) =>
    (name === "host" || name.startsWith("x-amz-")) && !claim.signedHeaders.includes(name) &&
    // A hash of the body protects itself: what it does not fit is refused.
    !(claim.presigned && name === "x-amz-content-sha256")
  );
  if (unsigned.length > 0) {
    throw new S3Error("AccessDenied", {
      message: "There were headers present in the request which were not signed",
      details: { HeadersNotSigned: unsigned.join(", ") },
    });
  }
}

const STREAMING_MODES = [
  "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
];

function payloadHashOf(claim: SignatureClaim, request: SignedRequest): string {
  const hash = request.headers.get("x-amz-content-sha256") ??
    (claim.presigned ? request.query.get("X-Amz-Content-Sha256") ?? "UNSIGNED-PAYLOAD" : undefined);
  if (hash === undefined) {
    throw new S3Error("InvalidRequest", {
      message: "Missing required header for this request: x-amz-content-sha256",
    });
  }
  if (
    hash !== "UNSIGNED-PAYLOAD" && !/^[0-9a-f]{64}$/i.test(hash) && !STREAMING_MODES.includes(hash)
  ) {
    throw new S3Error(
      hash.startsWith("STREAMING-AWS4-ECDSA") ? "NotImplemented" : "InvalidArgument",
      {
        message: "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, " +
          `${STREAMING_MODES.join(", ")} or a valid sha256 value.`,
        details: { ArgumentName: "x-amz-content-sha256", ArgumentValue: hash },
      },
    );
  }
  return hash;
}
