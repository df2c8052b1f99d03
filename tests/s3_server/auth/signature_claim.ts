/** What a request claims about its signature, parsed but not believed yet. */
import { S3Error } from "../errors.ts";
import type { SignedRequest } from "./sigv4.ts";

export interface SignatureClaim {
  readonly presigned: boolean;
  readonly accessKeyId: string;
  /** `20261122` */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  /** `20261122/us-east-1/s3/aws4_request` */
  readonly scope: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `20261122T095551Z` */
  readonly timestamp: string;
  /** The same in Unix milliseconds. */
  readonly time: number;
  /** How long a presigned request is good for; 0 for others. */
  readonly expiresSeconds: number;
}

const ALGORITHM = "AWS4-HMAC-SHA256";
const MAX_EXPIRES_SECONDS = 7 * 24 * 60 * 60;

/** Parses the Authorization header or the query. Throws the S3Error that fits what is wrong. */
export function signatureClaim(request: SignedRequest): SignatureClaim {
  const header = request.headers.get("authorization");
  const inQuery = request.query.has("X-Amz-Algorithm") || request.query.has("X-Amz-Signature");
  if (header !== undefined && inQuery) {
    throw new S3Error("InvalidArgument", {
      message: "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, " +
        "Signature query string parameter or the Authorization header should be specified",
      details: { ArgumentName: "Authorization", ArgumentValue: header },
    });
  }
  if (header !== undefined) return headerClaim(header, request);
  if (inQuery) return queryClaim(request);
  if (request.query.has("Signature") && request.query.has("AWSAccessKeyId")) throw oldMechanism();
  throw new S3Error("AccessDenied");
}

function oldMechanism(): S3Error {
  return new S3Error("InvalidRequest", {
    message: "The authorization mechanism you have provided is not supported. " +
      `Please use ${ALGORITHM}.`,
  });
}

function headerClaim(header: string, request: SignedRequest): SignatureClaim {
  if (!header.startsWith(`${ALGORITHM} `)) {
    if (/^(AWS |AWS4-)/.test(header)) throw oldMechanism();
    throw new S3Error("InvalidArgument", {
      message: "Unsupported Authorization Type",
      details: { ArgumentName: "Authorization", ArgumentValue: header },
    });
  }
  const fields = new Map(
    header.slice(ALGORITHM.length).split(",").map((field): [string, string] => {
      const at = field.indexOf("=");
      return [field.slice(0, at).trim(), field.slice(at + 1).trim()];
    }),
  );
  const malformed = (message: string): S3Error =>
    new S3Error("AuthorizationHeaderMalformed", {
      message: `The authorization header is malformed; ${message}`,
    });
  const field = (name: string): string => {
    const value = fields.get(name);
    if (value === undefined || value === "") throw malformed(`missing ${name}.`);
    return value;
  };
  const credential = parseCredential(field("Credential"));
  if (credential === undefined) {
    throw malformed(
      "the Credential is mal-formed; expecting " +
        '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  }
  return {
    presigned: false,
    ...credential,
    signedHeaders: field("SignedHeaders").toLowerCase().split(";"),
    signature: field("Signature"),
    ...requestTime(request.headers),
    expiresSeconds: 0,
  };
}

function queryClaim({ query }: SignedRequest): SignatureClaim {
  const bad = (message: string): S3Error =>
    new S3Error("AuthorizationQueryParametersError", { message });
  const parameter = (name: string): string => {
    const value = query.get(name);
    if (value === undefined || value === "") {
      throw bad(
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, " +
          "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
      );
    }
    return value;
  };
  if (parameter("X-Amz-Algorithm") !== ALGORITHM) {
    throw bad(`X-Amz-Algorithm only supports "${ALGORITHM}"`);
  }
  const credential = parseCredential(parameter("X-Amz-Credential"));
  if (credential === undefined) {
    throw bad(
      "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting " +
        '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  }
  const timestamp = parameter("X-Amz-Date");
  const time = parseTimestamp(timestamp);
  if (time === undefined) {
    throw bad("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  }
  const expires = parameter("X-Amz-Expires");
  if (!/^-?\d+$/.test(expires)) throw bad("X-Amz-Expires should be a number");
  if (Number(expires) < 0) throw bad("X-Amz-Expires must be non-negative");
  if (Number(expires) > MAX_EXPIRES_SECONDS) {
    throw bad("X-Amz-Expires must be less than a week (in seconds) that is 604800");
  }
  return {
    presigned: true,
    ...credential,
    signedHeaders: parameter("X-Amz-SignedHeaders").toLowerCase().split(";"),
    signature: parameter("X-Amz-Signature"),
    timestamp,
    time,
    expiresSeconds: Number(expires),
  };
}

type Credential = Pick<
  SignatureClaim,
  "accessKeyId" | "date" | "region" | "service" | "scope"
>;

/** `AKID/20261122/us-east-1/s3/aws4_request`; the id itself may have slashes. */
function parseCredential(text: string): Credential | undefined {
  const match = /^(.+)\/(\d{8})\/([^/]*)\/([^/]+)\/aws4_request$/.exec(text);
  if (match === null) return undefined;
  const [, accessKeyId = "", date = "", region = "", service = ""] = match;
  return { accessKeyId, date, region, service, scope: text.slice(accessKeyId.length + 1) };
}

function requestTime(headers: ReadonlyMap<string, string>): { timestamp: string; time: number } {
  const amzDate = headers.get("x-amz-date");
  if (amzDate !== undefined) {
    const time = parseTimestamp(amzDate);
    if (time !== undefined) return { timestamp: amzDate, time };
  } else {
    const time = Date.parse(headers.get("date") ?? "");
    if (!Number.isNaN(time)) {
      return { timestamp: new Date(time).toISOString().replace(/[-:]|\.\d+/g, ""), time };
    }
  }
  throw new S3Error("AccessDenied", {
    message: "AWS authentication requires a valid Date or x-amz-date header",
  });
}

/** `20261122T095551Z` in Unix milliseconds; undefined if it is not such a time. */
function parseTimestamp(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? undefined : time;
}
