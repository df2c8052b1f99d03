/**
 * Signature Version 4 from the client's side, written apart from the server's, so that a mistake
 * in one does not hide in the other.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
import { createHash, createHmac } from "node:crypto";

export interface SigningOptions {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly service?: string;
  /** Now by default. */
  readonly date?: Date;
}

export interface SignableRequest {
  readonly method: string;
  /** Path and query, encoded, the query's parameters in order of their names. */
  readonly target: string;
  readonly headers: Record<string, string>;
}

export interface Signature {
  readonly headers: Record<string, string>;
  readonly signature: string;
  readonly timestamp: string;
  readonly scope: string;
  readonly key: Uint8Array;
}

export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

function hmac(key: string | Uint8Array, data: string): Uint8Array {
  return createHmac("sha256", key).update(data).digest();
}

function timestampOf(date: Date): string {
  return date.toISOString().replace(/[:-]|\.\d{3}/g, "");
}

function keyFor(options: SigningOptions, day: string): Uint8Array {
  const { secretAccessKey, region, service = "s3" } = options;
  const steps = [day, region, service, "aws4_request"];
  return steps.reduce<string | Uint8Array>(hmac, `AWS4${secretAccessKey}`) as Uint8Array;
}

/** Signs all of the request's headers; `x-amz-content-sha256` must be among them. */
export function sign(request: SignableRequest, options: SigningOptions): Signature {
  const timestamp = timestampOf(options.date ?? new Date());
  const day = timestamp.slice(0, 8);
  const headers: Record<string, string> = { "x-amz-date": timestamp, ...request.headers };
  const names = Object.keys(headers).map((name) => name.toLowerCase()).sort();
  const values = new Map(Object.entries(headers).map(([name, v]) => [name.toLowerCase(), v]));
  const [path = "", query = ""] = request.target.split("?");
  const canonical = [
    request.method,
    path,
    query.split("&").map((pair) => pair === "" || pair.includes("=") ? pair : `${pair}=`)
      .join("&"),
    ...names.map((name) => `${name}:${values.get(name)}`),
    "",
    names.join(";"),
    values.get("x-amz-content-sha256") ?? "UNSIGNED-PAYLOAD",
  ].join("\n");
  const scope = `${day}/${options.region}/${options.service ?? "s3"}/aws4_request`;
  const key = keyFor(options, day);
  const toSign = `AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${sha256(canonical)}`;
  const signature = hmac(key, toSign).reduce((hex, b) => hex + b.toString(16).padStart(2, "0"), "");
  return {
    headers: {
      ...headers,
      "Authorization": `AWS4-HMAC-SHA256 Credential=${options.accessKeyId}/${scope},` +
        `SignedHeaders=${names.join(";")},Signature=${signature}`,
    },
    signature,
    timestamp,
    scope,
    key,
  };
}

/** The target of a presigned request whose only signed header is `Host`. */
export function presign(
  request: SignableRequest & { expiresSeconds: number },
  options: SigningOptions,
): string {
  const timestamp = timestampOf(options.date ?? new Date());
  const scope = `${timestamp.slice(0, 8)}/${options.region}/s3/aws4_request`;
  const [path = "", query = ""] = request.target.split("?");
  const signedHeaders = Object.keys(request.headers).map((name) => name.toLowerCase()).sort();
  const parameters = [
    ...query.split("&").filter((pair) => pair !== ""),
    "X-Amz-Algorithm=AWS4-HMAC-SHA256",
    `X-Amz-Credential=${encodeURIComponent(`${options.accessKeyId}/${scope}`)}`,
    `X-Amz-Date=${timestamp}`,
    `X-Amz-Expires=${request.expiresSeconds}`,
    `X-Amz-SignedHeaders=${encodeURIComponent(signedHeaders.join(";"))}`,
  ].sort();
  const canonical = [
    request.method,
    path,
    parameters.join("&"),
    ...signedHeaders.map((name) => {
      const [, value] = Object.entries(request.headers).find(([n]) => n.toLowerCase() === name) ??
        [];
      return `${name}:${value}`;
    }),
    "",
    signedHeaders.join(";"),
    "UNSIGNED-PAYLOAD",
  ].join("\n");
  const toSign = `AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${sha256(canonical)}`;
  const signature = createHmac("sha256", keyFor(options, timestamp.slice(0, 8))).update(toSign)
    .digest("hex");
  return `${path}?${parameters.join("&")}&X-Amz-Signature=${signature}`;
}

/** A body in aws-chunked form with a signature for each chunk, and for the trailer if there is one. */
export function chunkSigned(
  chunks: readonly string[],
  { signature, timestamp, scope, key }: Signature,
  trailer?: readonly [name: string, value: string],
): string {
  let previous = signature;
  const next = (kind: string, rest: string): string => {
    const toSign = [kind, timestamp, scope, previous, rest].join("\n");
    previous = createHmac("sha256", key).update(toSign).digest("hex");
    return previous;
  };
  const body = [...chunks, ""].map((chunk) => {
    const claim = next("AWS4-HMAC-SHA256-PAYLOAD", `${sha256("")}\n${sha256(chunk)}`);
    return `${chunk.length.toString(16)};chunk-signature=${claim}\r\n${
      chunk === "" ? "" : `${chunk}\r\n`
    }`;
  }).join("");
  if (trailer === undefined) return `${body}\r\n`;
  const line = trailer.join(":");
  const claim = next("AWS4-HMAC-SHA256-TRAILER", sha256(`${line}\n`));
  return `${body}${line}\r\nx-amz-trailer-signature:${claim}\r\n\r\n`;
}
