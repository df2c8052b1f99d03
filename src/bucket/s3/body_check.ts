/** What goes with a body so that a store keeps no other bytes than those that were meant. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { IntegrityError } from "../../errors.ts";
import type { WriteForm } from "./write_form.ts";

/** Base64, as the SDK's commands call them. */
export type BodyCheck = { readonly ChecksumSHA256: string } | { readonly ContentMD5: string };

export interface CheckedBody {
  readonly form: Pick<WriteForm, "checksums">;
  /** SHA-256 in base64 of what was meant; computed where it is not known before. */
  readonly sha256: string | undefined;
  readonly target: { readonly Bucket: string; readonly Key: string };
}

/**
 * The checksum that the store is to compare. MD5, which every store knows, says only what is sent now: so
 * before that the bytes are compared here. Throws `IntegrityError`.
 */
export function checkOf(body: Uint8Array, { form, sha256, target }: CheckedBody): BodyCheck {
  if (form.checksums) return { ChecksumSHA256: sha256 ?? sha256Of(body) };
  if (sha256 !== undefined && sha256Of(body) !== sha256) {
    throw damaged(target, "it is not what was read before");
  }
  return { ContentMD5: md5Of(body) };
}

/**
 * Compares what a store says it has: the ETag of bytes that came in one piece is their MD5, where it looks
 * like one. Throws `IntegrityError`.
 */
export function compareWithEtag(
  etag: string | undefined,
  body: Uint8Array,
  target: CheckedBody["target"],
): void {
  const hex = /^"?([0-9a-f]{32})"?$/i.exec(etag ?? "")?.[1]?.toLowerCase();
  if (hex === undefined || hex === Buffer.from(md5Of(body), "base64").toString("hex")) return;
  throw damaged(target, "the store's ETag is not its MD5");
}

function md5Of(body: Uint8Array): string {
  return createHash("md5").update(body).digest("base64");
}

function sha256Of(body: Uint8Array): string {
  return createHash("sha256").update(body).digest("base64");
}

function damaged({ Bucket, Key }: CheckedBody["target"], why: string): IntegrityError {
  return new IntegrityError(`s3://${Bucket}/${Key} was damaged on its way to S3: ${why}`, {
    hint: "Try again, when nobody changes the file",
  });
}
