/**
 * Bodies in `aws-chunked` form: chunks with a signature each, or without any, and trailers.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
import { createHash, type Hash } from "node:crypto";
import { hexOf, hmac, sha256Hex } from "../auth/canonical_request.ts";
import { type Authorization, equalInConstantTime } from "../auth/sigv4.ts";
import { S3Error } from "../errors.ts";
import { ByteReader } from "../http/byte_reader.ts";
import type { RequestBody } from "../http/request_body.ts";

const MAX_LINE = 4096;
const MAX_TRAILERS = 16;
const EMPTY_HASH = sha256Hex("");

export class AwsChunkedReader {
  readonly #reader: ByteReader;
  readonly #authorization: Authorization;
  readonly #signed: boolean;
  readonly #trailers = new Map<string, string>();
  #previousSignature: string;
  /** For the chunk that is being read. */
  #left = 0;
  #claimed = "";
  #hash: Hash | undefined;
  #ended = false;

  constructor(body: RequestBody, authorization: Authorization) {
    this.#authorization = authorization;
    this.#signed = authorization.payloadHash.startsWith("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    this.#previousSignature = authorization.signature;
    this.#reader = new ByteReader({
      read: async (into) => {
        const block = await body.read();
        if (block !== null) into.set(block);
        return block?.length ?? null;
      },
    });
  }

  /** By lower-case name; complete when read() has given null. */
  get trailers(): ReadonlyMap<string, string> {
    return this.#trailers;
  }

  /** The next bytes of the content; null after the last chunk. Throws on a wrong signature. */
  async read(): Promise<Uint8Array | null> {
    if (this.#ended) return null;
    if (this.#left === 0 && !await this.#nextChunk()) return null;
    const block = await this.#reader.readSome(this.#left);
    if (block === null) throw new S3Error("IncompleteBody");
    this.#hash?.update(block);
    this.#left -= block.length;
    if (this.#left === 0) {
      this.#verifyChunk();
      if (await this.#reader.readLine(MAX_LINE) !== "") throw new S3Error("IncompleteBody");
    }
    return block;
  }

  /** Reads the line before a chunk; false when it was that of the last, empty one. */
  async #nextChunk(): Promise<boolean> {
    const line = await this.#reader.readLine(MAX_LINE);
    const match = /^([0-9a-f]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/i.exec(line);
    const [, size, signature] = match ?? [];
    if (size === undefined || (this.#signed && signature === undefined)) {
      throw new S3Error("IncompleteBody", { message: "The chunk header is malformed" });
    }
    this.#left = parseInt(size, 16);
    this.#claimed = signature ?? "";
    this.#hash = this.#signed ? createHash("sha256") : undefined;
    if (this.#left > 0) return true;
    this.#verifyChunk();
    await this.#readTrailers();
    this.#ended = true;
    return false;
  }

  #verifyChunk(): void {
    if (this.#hash === undefined) return;
    this.#verify(
      "AWS4-HMAC-SHA256-PAYLOAD",
      `${EMPTY_HASH}\n${this.#hash.digest("hex")}`,
      this.#claimed,
    );
  }

  #verify(kind: string, content: string, claimed: string): void {
    const { timestamp, scope, signingKey } = this.#authorization;
    const stringToSign = [kind, timestamp, scope, this.#previousSignature, content].join("\n");
    const signature = hexOf(hmac(signingKey, stringToSign));
    if (!equalInConstantTime(signature, claimed)) {
      throw new S3Error("SignatureDoesNotMatch", {
        details: { StringToSign: stringToSign, SignatureProvided: claimed },
      });
    }
    this.#previousSignature = signature;
  }

  async #readTrailers(): Promise<void> {
    const lines = new Map<string, string>();
    for (;;) {
      // Clients put different numbers of empty lines here. Only the body's end counts.
      const line = await this.#readTrailerLine();
      if (line === undefined) break;
      if (line.trim() === "") continue;
      const [, name, value] = /^([^:\s]+):\s*(.*?)\s*$/.exec(line) ?? [];
      if (name === undefined || value === undefined || lines.size >= MAX_TRAILERS) {
        throw new S3Error("MalformedTrailerError");
      }
      lines.set(name.toLowerCase(), value);
    }
    if (this.#authorization.payloadHash.endsWith("-TRAILER") && this.#signed) {
      this.#verifyTrailers(lines);
    }
    lines.delete("x-amz-trailer-signature");
    for (const [name, value] of lines) this.#trailers.set(name, value);
  }

  #verifyTrailers(lines: ReadonlyMap<string, string>): void {
    const signature = lines.get("x-amz-trailer-signature");
    if (signature === undefined) throw new S3Error("MalformedTrailerError");
    const signed = [...lines].filter(([name]) => name !== "x-amz-trailer-signature")
      .map(([name, value]) => `${name}:${value}\n`).sort().join("");
    this.#verify("AWS4-HMAC-SHA256-TRAILER", sha256Hex(signed), signature);
  }

  /** One line; undefined at the end of the body. */
  async #readTrailerLine(): Promise<string | undefined> {
    if (!await this.#reader.waitForBlock()) return undefined;
    return await this.#reader.readLine(MAX_LINE);
  }
}
