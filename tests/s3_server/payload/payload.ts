/**
 * The content of a request: taken out of its framing, and compared with everything the request
 * says about it (length, x-amz-content-sha256, Content-MD5, checksum). What does not fit throws,
 * and then nothing is stored.
 */
import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";
import type { Authorization } from "../auth/sigv4.ts";
import { S3Error } from "../errors.ts";
import type { RequestBody } from "../http/request_body.ts";
import { AwsChunkedReader } from "./aws_chunked.ts";
import {
  announcedChecksum,
  assertChecksumValue,
  type Checksum,
  type ChecksumAlgorithm,
  DEFAULT_ALGORITHM,
  headerOf,
  newChecksum,
} from "./checksums.ts";

export interface PayloadRequest {
  readonly headers: ReadonlyMap<string, string>;
  readonly bodyLength: number | "chunked";
  readonly body: RequestBody;
  readonly authorization: Authorization;
}

export interface PayloadOptions {
  /** Takes the content block by block. */
  write(block: Uint8Array): void;
  /** Computed if the request announces no checksum. */
  algorithm?: ChecksumAlgorithm;
}

/** What was received. */
export interface Payload {
  readonly size: number;
  /** Hexadecimal. */
  readonly md5: string;
  readonly checksum: {
    readonly algorithm: ChecksumAlgorithm;
    /** Base64. */
    readonly value: string;
    /** Whether the client had announced it. */
    readonly announced: boolean;
  };
}

/** The length of the content in bytes as the headers say it. Throws if they do not. */
export function contentLength(request: Omit<PayloadRequest, "body">): number {
  const { headers, bodyLength, authorization } = request;
  if (authorization.payloadHash.startsWith("STREAMING-")) {
    const decoded = headers.get("x-amz-decoded-content-length");
    if (decoded === undefined || !/^\d{1,15}$/.test(decoded)) {
      throw new S3Error("MissingContentLength");
    }
    return Number(decoded);
  }
  if (bodyLength === "chunked") {
    throw new S3Error("NotImplemented", {
      details: { Header: "Transfer-Encoding" },
    });
  }
  if (!headers.has("content-length")) throw new S3Error("MissingContentLength");
  return bodyLength;
}

/** Reads the whole content. Throws the S3Error for the first thing that does not fit. */
export async function receivePayload(
  request: PayloadRequest,
  options: PayloadOptions,
): Promise<Payload> {
  const { headers, authorization } = request;
  const announcedLength = contentLength(request);
  const contentMd5 = contentMd5Of(headers);
  const announced = announcedChecksum(headers);
  const algorithm = announced?.algorithm ?? options.algorithm ?? DEFAULT_ALGORITHM;
  const chunked = authorization.payloadHash.startsWith("STREAMING-")
    ? new AwsChunkedReader(request.body, authorization)
    : undefined;
  if (announced !== undefined && announced.value === undefined && chunked === undefined) {
    throw new S3Error("InvalidRequest", {
      message: "x-amz-trailer needs a body in aws-chunked form",
    });
  }
  const digests = new Digests(authorization.payloadHash, algorithm);
  const source = chunked ?? request.body;
  for (let block = await source.read(); block !== null; block = await source.read()) {
    digests.update(block);
    if (digests.size > announcedLength) throw new S3Error("IncompleteBody");
    options.write(block);
  }
  if (digests.size !== announcedLength) throw new S3Error("IncompleteBody");
  const { md5, value } = await digests.finish(contentMd5);
  const expected = announced && (announced.value ?? trailerOf(chunked, announced.algorithm));
  if (expected !== undefined && expected !== value) {
    throw new S3Error("BadDigest", {
      message: `The ${algorithm} you specified did not match the calculated checksum.`,
    });
  }
  const checksum = { algorithm, value, announced: announced !== undefined };
  return { size: digests.size, md5: md5.toString("hex"), checksum };
}

/** Everything that is computed while the bytes go by. */
class Digests {
  size = 0;
  readonly #md5 = createHash("md5");
  readonly #checksum: Checksum;
  readonly #payloadHash: string | undefined;
  readonly #sha256 = createHash("sha256");

  constructor(payloadHash: string, algorithm: ChecksumAlgorithm) {
    this.#checksum = newChecksum(algorithm);
    this.#payloadHash = /^[0-9a-f]{64}$/i.test(payloadHash) ? payloadHash.toLowerCase() : undefined;
  }

  update(block: Uint8Array): void {
    this.size += block.length;
    this.#md5.update(block);
    this.#checksum.update(block);
    if (this.#payloadHash !== undefined) this.#sha256.update(block);
  }

  /** Throws if a hash is not the one that was announced. */
  async finish(contentMd5: Buffer | undefined): Promise<{ md5: Buffer; value: string }> {
    const md5 = this.#md5.digest();
    if (this.#payloadHash !== undefined) {
      const computed = this.#sha256.digest("hex");
      if (computed !== this.#payloadHash) {
        throw new S3Error("XAmzContentSHA256Mismatch", {
          details: {
            ClientComputedContentSHA256: this.#payloadHash,
            S3ComputedContentSHA256: computed,
          },
        });
      }
    }
    if (contentMd5 !== undefined && !contentMd5.equals(md5)) {
      throw new S3Error("BadDigest", {
        details: {
          ExpectedDigest: contentMd5.toString("base64"),
          CalculatedDigest: md5.toString("base64"),
        },
      });
    }
    return { md5, value: await this.#checksum.digest() };
  }
}

function contentMd5Of(headers: ReadonlyMap<string, string>): Buffer | undefined {
  const header = headers.get("content-md5");
  if (header === undefined) return undefined;
  const md5 = Buffer.from(header, "base64");
  if (md5.length !== 16 || md5.toString("base64") !== header) throw new S3Error("InvalidDigest");
  return md5;
}

function trailerOf(
  chunked: AwsChunkedReader | undefined,
  algorithm: ChecksumAlgorithm,
): string {
  const value = chunked?.trailers.get(headerOf(algorithm));
  if (value === undefined) throw new S3Error("MalformedTrailerError");
  assertChecksumValue(algorithm, value);
  return value;
}

/** A small content as text: the XML bodies. Throws MalformedXML if it is too long. */
export async function receiveText(
  request: PayloadRequest,
  { limit }: { limit: number },
): Promise<string> {
  const blocks: Uint8Array[] = [];
  let size = 0;
  await receivePayload(request, {
    algorithm: "CRC32",
    write: (block) => {
      size += block.length;
      if (size > limit) throw new S3Error("MalformedXML");
      blocks.push(block.slice());
    },
  });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(blocks));
  } catch {
    throw new S3Error("MalformedXML");
  }
}
