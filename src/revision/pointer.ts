/**
 * Reads and writes a package's pointer, `<package>.rev` in S3, and the blessing that it contains.
 */
import { IntegrityError } from "../errors.ts";
import { quote } from "../foreign_text.ts";
import {
  decodeValue,
  encodeValue,
  type Metadata,
  type Note,
  noteMetadata,
  readCount,
  readNote,
  readSha256,
  requireRoom,
  roomIn,
  treeIn,
} from "./metadata.ts";
import type { BlessingVerdict } from "./blessing_verdict.ts";
import { isRevisionId, type PackageName, type RevisionId } from "./names.ts";
import { formatRollout, parseRollout, type Rollout } from "./rollout.ts";

/** Which revision every machine should run, and who decided it. */
export interface Blessing {
  /** The blessed revision's id. */
  readonly id: RevisionId;
  /** The id that was blessed before. */
  readonly replaced: RevisionId | undefined;
  readonly note: Note;
  /**
   * Grows with every write of the pointer: Unix milliseconds by S3's clock, or the number after the
   * old one. Undefined if FTL 0.1.0 or another tool wrote the pointer.
   */
  readonly serial: number | undefined;
  /**
   * The serial of the write that blessed this revision. Other writes of the pointer keep it, so that
   * they do not end what is bound to the blessing.
   */
  readonly since: number | undefined;
  /**
   * The serial of the pointer that a signed one goes on from, if it takes over what that says. A machine that has obeyed
   * a newer one knows by it that somebody has put an old one back before.
   */
  readonly follows?: number | undefined;
  /** The object in S3 that is meant. Two objects may have the same id. */
  readonly object: BlessedObject | undefined;
  /** The revision that a staged rollout brings to more and more machines. */
  readonly next?: Candidate | undefined;
  /** Which machines may take `next`. */
  readonly rollout?: Rollout | undefined;
  /** The candidate of a rollout that `jump-back --master` ended. */
  readonly stopped?: RevisionId | undefined;
}

/** The candidate of a staged rollout. */
export interface Candidate {
  readonly id: RevisionId;
  /** The object in S3 that is meant. */
  readonly object: BlessedObject | undefined;
}

/** The object of a blessed revision, or of a candidate. */
export interface BlessedObject {
  readonly key: string;
  /** Hexadecimal. */
  readonly sha256: string | undefined;
  /** Bytes. */
  readonly size: number | undefined;
  /** SHA-256 of the revision's tree, in hexadecimal, if that was known. */
  readonly tree?: string | undefined;
}

/** Whether what a signed pointer replaces is trusted by who signs. `refused`: it is signed, but not by who may bless. */
export type OldTrust = "trusted" | "unsigned" | "refused";

/** What a machine remembers of the pointer since the last sync, in `.ftl/master.json`. */
export interface PointerState {
  /**
   * 1: FTL 0.1.0 wrote the file. It holds only the version and the ids, so `.rev` is read again.
   */
  readonly schema: 1 | 2;
  /** Key, ETag and time of the object. If they differ from S3's, the pointer has changed. */
  readonly version: string;
  readonly blessed: RevisionId;
  readonly replaced?: RevisionId | undefined;
  readonly serial?: number | undefined;
  /** Names the blessing: see `blessingName`. Undefined in a file of schema 1. */
  readonly blessing?: string | undefined;
  readonly object?: BlessedObject | undefined;
  /** The candidate of a staged rollout that is under way. */
  readonly next?: Candidate | undefined;
  readonly rollout?: Rollout | undefined;
  /** What was found of its signatures. Undefined if `FTL_TRUST` was not set. */
  readonly trust?: PointerTrust | undefined;
}

/** What a machine with `FTL_TRUST` has found of a pointer's signatures. */
export interface PointerTrust {
  readonly verdict: BlessingVerdict;
  /** The digest of the policy that it was judged by: by another one it must be judged anew. */
  readonly policy: string;
  /** Who has signed it, as the policy names them. */
  readonly by: readonly string[];
  /** The SHA-256 of what was signed, in hexadecimal. Undefined if it is not trusted. */
  readonly statement: string | undefined;
}

/**
 * What holds and quarantines are bound to. It stays the same if the pointer is rewritten but the
 * same revision stays blessed. A pointer of FTL 0.1.0 or of another tool has only its version.
 */
export function blessingName(blessing: Pick<Blessing, "since">, version: string): string {
  return blessing.since === undefined ? version : String(blessing.since);
}

/**
 * A version as this FTL makes it. FTL 0.1.0 stored versions with the parts of a second that some stores list.
 */
export function wholeSeconds(version: string): string {
  return version.replace(/ ([0-9]{10})[0-9]{3}(?= |$)/g, " $1000");
}

/** Whether both are the same state of the pointer. */
export function isSamePointer(a: PointerState | undefined, b: PointerState | undefined): boolean {
  return a?.version === b?.version && a?.serial === b?.serial && a?.schema === b?.schema &&
    a?.trust?.policy === b?.trust?.policy && a?.trust?.verdict === b?.trust?.verdict;
}

/** Changes with every write of the pointer. */
export function pointerStateName(
  { version, serial }: Pick<PointerState, "version" | "serial">,
): string {
  return serial === undefined ? version : `${version} ${serial}`;
}

/**
 * The id that the text of a `.rev` (or `.current`, `.previous`) names. The text is a revision's
 * name, as FTL writes it, or the bare id. White space around it, which an editor may leave, is
 * ignored. Throws `IntegrityError`.
 */
export function parsePointer(
  text: string,
  { key, packageName }: { key: string; packageName: PackageName },
): RevisionId {
  const name = text.trim();
  const prefix = `${packageName}.`;
  const id = name.startsWith(prefix) ? name.slice(prefix.length) : name;
  if (isRevisionId(id)) return id;
  throw new IntegrityError(`${key} in S3 names no revision of ${packageName}: ${quote(name)}`, {
    hint: `Bless one again: ftl jump --master ${packageName}.<id>`,
  });
}

/**
 * Throws `UsageError` if S3 has no room for all of it. The hashes of trees are left out before that: without them,
 * machines that check signatures fetch whole objects.
 *
 * @param reserve bytes that signatures will need
 */
export function blessingMetadata(blessing: Blessing, reserve = 0): Record<string, string> {
  const encoded = allMetadata(blessing);
  if (roomIn(encoded) < reserve) {
    delete encoded["ftl-tree"];
    delete encoded["ftl-next-tree"];
  }
  requireRoom(encoded);
  return encoded;
}

function allMetadata(blessing: Blessing): Record<string, string> {
  const { replaced, serial, since, next, rollout, stopped } = blessing;
  const encoded = noteMetadata(blessing.note);
  if (replaced !== undefined) encoded["ftl-replaced"] = replaced;
  if (serial !== undefined) encoded["ftl-serial"] = String(serial);
  if (since !== undefined) encoded["ftl-blessed"] = String(since);
  if (blessing.follows !== undefined) encoded["ftl-follows"] = String(blessing.follows);
  Object.assign(encoded, objectMetadata(blessing.object, "ftl-"));
  if (next !== undefined) {
    encoded["ftl-next"] = next.id;
    Object.assign(encoded, objectMetadata(next.object, "ftl-next-"));
  }
  if (rollout !== undefined) encoded["ftl-rollout"] = encodeValue(formatRollout(rollout));
  if (stopped !== undefined) encoded["ftl-stopped"] = stopped;
  return encoded;
}

export function readBlessing(id: RevisionId, metadata: Metadata): Blessing {
  const next = readId(metadata["ftl-next"]);
  const rollout = decodeValue(metadata["ftl-rollout"]);
  return {
    id,
    replaced: readId(metadata["ftl-replaced"]),
    note: readNote(metadata),
    serial: readCount(metadata["ftl-serial"]),
    since: readCount(metadata["ftl-blessed"]),
    object: readObject(metadata, "ftl-"),
    next: next && { id: next, object: readObject(metadata, "ftl-next-") },
    rollout: rollout === undefined ? undefined : parseRollout(rollout),
    stopped: readId(metadata["ftl-stopped"]),
  };
}

function readId(text: string | undefined): RevisionId | undefined {
  return isRevisionId(text) ? text : undefined;
}

/** What the names of an object's metadata begin with: the blessed one's, or the candidate's. */
type ObjectPrefix = "ftl-" | "ftl-next-";

function objectMetadata(object: BlessedObject | undefined, prefix: ObjectPrefix): Metadata {
  const encoded: Record<string, string> = {};
  if (object === undefined) return encoded;
  encoded[`${prefix}key`] = encodeValue(object.key);
  if (object.sha256 !== undefined) encoded[`${prefix}sha256`] = object.sha256;
  if (object.size !== undefined) encoded[`${prefix}size`] = String(object.size);
  if (object.tree !== undefined) encoded[`${prefix}tree`] = object.tree;
  return encoded;
}

function readObject(metadata: Metadata, prefix: ObjectPrefix): BlessedObject | undefined {
  const key = decodeValue(metadata[`${prefix}key`]);
  return key === undefined ? undefined : {
    key,
    sha256: readSha256(metadata[`${prefix}sha256`]),
    size: readCount(metadata[`${prefix}size`]),
    ...treeIn(metadata, `${prefix}tree`),
  };
}

/**
 * The serial of the next write. A time, rather than a counter, still grows if the pointer was lost
 * and is written from nothing.
 *
 * @param now Unix milliseconds by S3's clock
 */
export function nextSerial(now: number, old: number | undefined): number {
  return Math.max(Math.floor(now), (old ?? 0) + 1);
}
