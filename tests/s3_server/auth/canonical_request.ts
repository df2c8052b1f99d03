/**
 * What SigV4 signs, and how.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
import { createHash, createHmac } from "node:crypto";
import type { Query } from "../query.ts";

export interface CanonicalParts {
  readonly method: string;
  /** As sent, still encoded. */
  readonly path: string;
  readonly query: Query;
  readonly headers: ReadonlyMap<string, string>;
  /** Lower-case names, in the order in which the client lists them. */
  readonly signedHeaders: readonly string[];
  readonly payloadHash: string;
}

export function canonicalRequest(parts: CanonicalParts): string {
  const headers = parts.signedHeaders.map((name) =>
    `${name}:${(parts.headers.get(name) ?? "").trim().replace(/\s+/g, " ")}\n`
  );
  return [
    parts.method,
    canonicalPath(parts.path),
    canonicalQuery(parts.query),
    headers.join(""),
    parts.signedHeaders.join(";"),
    parts.payloadHash,
  ].join("\n");
}

/** Every byte but the unreserved ones and `/` as %XX, once (other services encode twice). */
function canonicalPath(path: string): string {
  return encodeBytes(decodePercent(path), /[A-Za-z0-9._~/-]/);
}

function canonicalQuery(query: Query): string {
  return query.entries
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => [encodeUtf8(name), encodeUtf8(value)] as const)
    .sort(([a, x], [b, y]) => a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0)
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** %XX as characters of one byte each; what is no %XX stays. */
function decodePercent(encoded: string): string {
  return encoded.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
}

function encodeUtf8(text: string): string {
  return encodeBytes(
    String.fromCharCode(...new TextEncoder().encode(text)),
    /[A-Za-z0-9._~-]/,
  );
}

function encodeBytes(bytes: string, kept: RegExp): string {
  let encoded = "";
  for (const byte of bytes) {
    encoded += kept.test(byte)
      ? byte
      : `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

/** A SHA-256 in hexadecimal. Text is taken one byte a character, as headers are kept. */
export function sha256Hex(text: string): string {
  return createHash("sha256").update(text, "latin1").digest("hex");
}

export function hmac(key: string | Uint8Array, text: string): Uint8Array {
  return createHmac("sha256", key).update(text, "latin1").digest();
}

/** The key for one day, region and service: the secret itself signs nothing. */
export function signingKey(
  secret: string,
  scope: { date: string; region: string; service: string },
): Uint8Array {
  const day = hmac(`AWS4${secret}`, scope.date);
  return hmac(hmac(hmac(day, scope.region), scope.service), "aws4_request");
}

export function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
