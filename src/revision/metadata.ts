/** The metadata that FTL keeps on its objects in S3. */
import { UsageError } from "../errors.ts";

/** Who did something, when and why; objects put there by other tools have none of it. */
export interface Note {
  /** `user@host`. */
  readonly by?: string | undefined;
  /** ISO 8601, UTC. */
  readonly at?: string | undefined;
  /** What they said of it. */
  readonly message?: string | undefined;
}

/** What FTL knows of a revision and S3 does not. */
export interface RevisionContent {
  /** SHA-256 of the object, in hexadecimal. */
  readonly sha256?: string | undefined;
  /** Unpacked size in bytes, and number of entries. */
  readonly bytes?: number | undefined;
  readonly entries?: number | undefined;
}

/** S3's user metadata, without the `x-amz-meta-` prefix. */
export type Metadata = Readonly<Record<string, string>>;

const MESSAGE_LIMIT = 1000;

export function noteMetadata(note: Note): Record<string, string> {
  const encoded: Record<string, string> = {};
  if (note.by !== undefined) encoded["ftl-by"] = encodeValue(note.by);
  if (note.at !== undefined) encoded["ftl-at"] = encodeValue(note.at);
  if (note.message !== undefined) {
    const message = encodeValue(note.message);
    if (message.length > MESSAGE_LIMIT) {
      throw new UsageError(`The message is too long: S3 has room for about ${MESSAGE_LIMIT} bytes`);
    }
    encoded["ftl-message"] = message;
  }
  return encoded;
}

export function readNote(metadata: Metadata): Note {
  return {
    by: decodeValue(metadata["ftl-by"]),
    at: decodeValue(metadata["ftl-at"]),
    message: decodeValue(metadata["ftl-message"]),
  };
}

export function revisionMetadata(content: RevisionContent): Record<string, string> {
  const encoded: Record<string, string> = {};
  if (content.sha256 !== undefined) encoded["ftl-sha256"] = content.sha256;
  if (content.bytes !== undefined) encoded["ftl-bytes"] = String(content.bytes);
  if (content.entries !== undefined) encoded["ftl-files"] = String(content.entries);
  return encoded;
}

/**
 * Tells one upload from another of the same file, by the same person, in the same instant: whoever finds
 * his key taken sees by it whether it was himself, by a request that was sent twice.
 */
export function uploadMetadata(): Record<string, string> {
  return { "ftl-upload": crypto.randomUUID() };
}

/** Values that are not what FTL writes count as absent: metadata is optional, and others may write it. */
export function readRevisionContent(metadata: Metadata): RevisionContent {
  const sha256 = metadata["ftl-sha256"]?.toLowerCase();
  return {
    sha256: sha256 !== undefined && /^[0-9a-f]{64}$/.test(sha256) ? sha256 : undefined,
    bytes: readCount(metadata["ftl-bytes"]),
    entries: readCount(metadata["ftl-files"]),
  };
}

function readCount(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}

/** User metadata is ASCII on the wire; the rest, and `%` itself, goes percent-encoded. */
function encodeValue(text: string): string {
  return text.toWellFormed().replace(
    /[^ -~]|%|^ | $/gu,
    (c) => c === " " ? "%20" : encodeURIComponent(c),
  );
}

function decodeValue(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
