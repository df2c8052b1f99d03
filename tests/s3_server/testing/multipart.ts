/** Uploads in parts, call by call. */
import {
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { BUCKET } from "./with_server.ts";

/** The object of every upload. */
export const at = { Bucket: BUCKET, Key: "dir/key" };

export const MIB = 1024 * 1024;

export function bytes(length: number, fill: number): Uint8Array {
  return new Uint8Array(length).fill(fill);
}

/** Begins an upload. Returns its id. */
export async function begin(s3: S3Client, more = {}): Promise<string> {
  const { UploadId = "" } = await s3.send(new CreateMultipartUploadCommand({ ...at, ...more }));
  return UploadId;
}

/** Uploads a part. Returns what a completion says of it. */
export async function uploadPart(
  s3: S3Client,
  part: { UploadId: string; PartNumber: number; Body: Uint8Array | string },
): Promise<{ PartNumber: number; ETag: string; ChecksumCRC32?: string }> {
  const { ETag = "", ChecksumCRC32 } = await s3.send(new UploadPartCommand({ ...at, ...part }));
  return { PartNumber: part.PartNumber, ETag, ...(ChecksumCRC32 && { ChecksumCRC32 }) };
}

/** Completes an upload of these parts. */
export function complete(
  s3: S3Client,
  UploadId: string,
  { Parts, ...more }: { Parts: object[] } & Partial<CompleteMultipartUploadCommandInput>,
): Promise<{ ETag?: string | undefined }> {
  const command = { ...at, UploadId, MultipartUpload: { Parts }, ...more };
  return s3.send(new CompleteMultipartUploadCommand(command));
}
