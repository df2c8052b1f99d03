/**
 * Has S3 copy a part of an upload from another object, so that nobody needs to send it.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
 *
 *     the answer                                    the part is
 *     has the checksum that was expected            copied
 *     has another checksum, or none                 sent instead, and so are all others
 *     refuses: 403, 404, 412, no such request       the same
 *
 * No failure of a copy is one of the upload: what fails then fails again when the part is sent.
 */
import type { UploadPart } from "../bucket.ts";
import type { SentPart, Upload } from "./upload.ts";
import { sendOptions, timeoutFor } from "./timeouts.ts";
import { UploadPartCopyCommand } from "./sdk.ts";

export class PartCopies {
  readonly #upload: Upload;
  readonly #uploadId: string | undefined;
  #refused = false;

  constructor(upload: Upload, uploadId: string | undefined) {
    this.#upload = upload;
    this.#uploadId = uploadId;
  }

  /** Undefined if the part has to be sent. */
  async copy(part: UploadPart, index: number, stop: AbortSignal): Promise<SentPart | undefined> {
    const { copy, sha256, length } = part;
    const { client, lacks, target } = this.#upload;
    // Without the store's checksum nobody would know what it has copied.
    if (copy === undefined || this.#refused || lacks.has("checksums")) return undefined;
    const { key, etag, start } = copy;
    try {
      const { CopyPartResult: copied } = await client.send(
        new UploadPartCopyCommand({
          ...target,
          UploadId: this.#uploadId,
          PartNumber: index + 1,
          CopySource: `${target.Bucket}/${encodeURIComponent(key)}`,
          CopySourceIfMatch: etag,
          CopySourceRange: `bytes=${start}-${start + length - 1}`,
        }),
        sendOptions(timeoutFor(length), stop),
      );
      this.#refused ||= copied?.ChecksumSHA256 !== sha256;
      if (copied?.ChecksumSHA256 !== sha256) return undefined;
      return { PartNumber: index + 1, ETag: copied.ETag, ChecksumSHA256: sha256 };
    } catch (error) {
      if (stop.aborted) throw error;
      this.#refused = true;
      return undefined;
    }
  }
}
