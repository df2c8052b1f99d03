/** Encodes and decodes the metadata of FTL's objects in S3. */
import { UsageError } from "../errors.ts";

/** Who did something, when and why. Objects that other tools wrote have no note. */
export interface Note {
  /** `user@host`. */
  readonly by?: string | undefined;
  /** ISO 8601, UTC. */
  readonly at?: string | undefined;
  /** The message that this person gave. */
  readonly message?: string | undefined;
}

/** What FTL knows about a revision and S3 does not. */
export interface RevisionContent {
  /** SHA-256 of the object, in hexadecimal. */
  readonly sha256?: string | undefined;
  /** Unpacked size in bytes, and number of entries. */
  readonly bytes?: number | undefined;
  readonly entries?: number | undefined;
  /** SHA-256 of its tree's text, in hexadecimal. Absent if S3 does not tell it. */
  readonly tree?: string | undefined;
}

/** S3's user metadata, without the `x-amz-meta-` prefix. */
export type Metadata = Readonly<Record<string, string>>;

/** Bytes. Leaves room for what later writes add to the pointer. */
const MESSAGE_LIMIT = 1000;
/** Bytes of all names and values. S3 refuses more than 2 KB. */
const METADATA_LIMIT = 2000;

/** What the names of signatures begin with. */
export const SIGNATURE_PREFIX = "ftl-sig-";

/** Whether somebody has signed it. Whether that can be trusted, `src/trust/` decides. */
export function isSigned(metadata: Metadata): boolean {
  return Object.keys(metadata).some((name) => name.startsWith(SIGNATURE_PREFIX));
}

export function withoutSignatures(metadata: Metadata): Metadata {
  return Object.fromEntries(
    Object.entries(metadata).filter(([name]) => !name.startsWith(SIGNATURE_PREFIX)),
  );
}

export function noteMetadata(note: Note): Record<string, string> {
  const encoded: Record<string, string> = {};
  if (note.by !== undefined) encoded["ftl-by"] = encodeValue(note.by);
  if (note.at !== undefined) encoded["ftl-at"] = encodeValue(note.at);
  // A statement that is signed has no empty value.
  if (note.message !== undefined && note.message !== "") {
    const message = encodeValue(note.message);
    if (message.length > MESSAGE_LIMIT) throw tooLong("ftl-message", MESSAGE_LIMIT);
    encoded["ftl-message"] = message;
  }
  return encoded;
}

/** What can be too long, as a message calls it. Everything else has a length of its own. */
const FIELDS: Readonly<Record<string, string>> = {
  "ftl-message": "The message",
  "ftl-by": "The name of user and host",
  "ftl-key": "The S3 key of the revision",
  "ftl-next-key": "The S3 key of the candidate",
  "ftl-rollout": "The text of the rollout",
};

/**
 * Throws `UsageError` if S3 has no room for all metadata. It names the message if a shorter one is enough, else
 * the longest field.
 */
export function requireRoom(metadata: Metadata): void {
  const excess = -roomIn(metadata);
  if (excess <= 0) return;
  const lengthOf = (name: string): number => metadata[name]?.length ?? 0;
  const [longest = "ftl-message"] = Object.keys(FIELDS).sort((a, b) => lengthOf(b) - lengthOf(a));
  const name = lengthOf("ftl-message") >= excess ? "ftl-message" : longest;
  throw tooLong(name, Math.max(0, lengthOf(name) - excess));
}

/** Bytes that S3 has room for besides all of it. Negative if it is too much already. */
export function roomIn(metadata: Metadata): number {
  return METADATA_LIMIT - Object.entries(metadata)
    .reduce((sum, [name, value]) => sum + name.length + value.length, 0);
}

function tooLong(name: string, room: number): UsageError {
  const ascii = "A character that is not ASCII takes three bytes for each byte of its UTF-8";
  return new UsageError(`${FIELDS[name] ?? name} is too long: there is room for ${room} bytes`, {
    hint: name.endsWith("key") ? `${ascii}; spool a file with a shorter name` : ascii,
  });
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
  if (content.tree !== undefined) encoded["ftl-tree"] = content.tree;
  return encoded;
}

/**
 * A unique mark for each upload, even of the same file by the same person at the same time. A sent
 * request may be repeated. If its key is then taken, the mark shows whether the first try wrote it.
 */
export function uploadMetadata(): Record<string, string> {
  return { "ftl-upload": crypto.randomUUID() };
}

/**
 * Reads what FTL knows about a revision. A value that FTL cannot have written counts as absent,
 * because metadata is optional and other tools may write it.
 */
export function readRevisionContent(metadata: Metadata): RevisionContent {
  return {
    sha256: readSha256(metadata["ftl-sha256"]),
    bytes: readCount(metadata["ftl-bytes"]),
    entries: readCount(metadata["ftl-files"]),
    ...treeIn(metadata, "ftl-tree"),
  };
}

/** The hash of a tree, if there is one by that name. */
export function treeIn(metadata: Metadata, name: string): { readonly tree?: string } {
  const tree = readSha256(metadata[name]);
  return tree === undefined ? {} : { tree };
}

/** Undefined if it is none. */
export function readSha256(text: string | undefined): string | undefined {
  const sha256 = text?.toLowerCase();
  return sha256 !== undefined && /^[0-9a-f]{64}$/.test(sha256) ? sha256 : undefined;
}

/** A whole number of at most 15 digits. Undefined if it is none. */
export function readCount(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}

/**
 * Encodes a value. HTTP carries user metadata as ASCII, so other characters, and `%` itself, are
 * percent-encoded.
 */
export function encodeValue(text: string): string {
  return text.toWellFormed().replace(
    /[^ -~]|%|^ | $/gu,
    (c) => c === " " ? "%20" : encodeURIComponent(c),
  );
}

/** The inverse of `encodeValue`. */
export function decodeValue(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
