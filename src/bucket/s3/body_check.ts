/** Computes the checksums of a body, so that a store keeps exactly the intended bytes. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { IntegrityError } from "../../errors.ts";
import type { WriteForm } from "./write_form.ts";

/** The checksum in base64, under the name that the SDK's commands use. */
type BodyCheck = { readonly ChecksumSHA256: string } | { readonly ContentMD5: string };

export interface CheckedBody {
  readonly form: Pick<WriteForm, "checksums">;
  /** SHA-256 in base64 of the intended bytes. If it is undefined, it is computed from the body. */
  readonly sha256: string | undefined;
  readonly target: { readonly Bucket: string; readonly Key: string };
}

/**
 * The checksum that the store compares. Every store supports MD5, but it protects only the bytes
 * that are sent now. So the bytes are first compared with `sha256` here. Throws `IntegrityError`.
 */
export function checkOf(body: Uint8Array, { form, sha256, target }: CheckedBody): BodyCheck {
  if (form.checksums) return { ChecksumSHA256: sha256 ?? sha256Of(body) };
  if (sha256 !== undefined && sha256Of(body) !== sha256) {
    throw damaged(target, "its bytes differ from those that were read before");
  }
  return { ContentMD5: md5Of(body) };
}

/**
 * Compares the store's ETag with the MD5 of the bytes. The ETag of an object in one piece is its
 * MD5, if it looks like an MD5. Throws `IntegrityError`.
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
    hint: "Try again when nobody changes the file",
  });
}
