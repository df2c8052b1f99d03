/** Writes the pointer of a package, with its history and, if somebody signs, with a signature. */
import type { Bucket } from "../bucket/bucket.ts";
import type { Context } from "../context.ts";
import { ConflictError, UsageError } from "../errors.ts";
import { faultPoint } from "../fault_point.ts";
import { type BlessingChange, type ChangeFacts, hasArrived } from "../plan/blessing.ts";
import type { HistoryAction, HistoryEntry } from "../revision/history.ts";
import { pointerKey } from "../revision/keys.ts";
import { isSigned, type Metadata, type Note } from "../revision/metadata.ts";
import { type PackageName, revisionName } from "../revision/names.ts";
import { blessingMetadata, nextSerial, type OldTrust } from "../revision/pointer.ts";
import { formatRollout } from "../revision/rollout.ts";
import type {
  PointerParts,
  SignedChange,
  Signing,
  SigningRequest,
  Target,
} from "../trust/signing.ts";
import { addSignature } from "./add_signature.ts";
import { readRolloutMarks } from "./fleet_marks.ts";
import { takeTurn } from "./history.ts";
import type { OldPointer, PointerContent } from "./pointer.ts";
import { followed, namingTheWinner, pauseUntilNextSecond, writeInTurn } from "./pointer_write.ts";

export interface PointerRequest {
  readonly bucket: Bucket;
  readonly package: PackageName;
  /** The pointer as it was read. The write succeeds only if the pointer is still the same. */
  readonly old: OldPointer;
  readonly message: string | undefined;
  /** What signs it. */
  readonly signing: Signing | undefined;
  /** What is blessed, or rolled out. Undefined if the change takes over what the old pointer says. */
  readonly target?: Target | undefined;
  /** Whether the change follows what the old pointer says: if that is signed, it must be trusted. */
  readonly followsOld: boolean;
  /** Undefined: there is nothing to change. Without `signing` the caller has excluded that. */
  readonly decide: (facts: ChangeFacts) => BlessingChange | undefined;
}

export interface WrittenPointer {
  readonly etag: string;
  readonly change: BlessingChange;
  readonly serial: number;
  /** Whether the pointer before was trusted. Undefined if nothing is signed. */
  readonly trust: OldTrust | undefined;
  /** How many more people must sign it. */
  readonly missing: number;
}

/**
 * Writes `.rev`. Returns undefined if there was nothing to change, and the pointer has only got one more signature, or
 * has had it already. Throws `ConflictError` if somebody else has changed it since it was read, and `UsageError` if
 * the change cannot be.
 */
export async function changePointer(
  context: Context,
  request: PointerRequest,
): Promise<WrittenPointer | undefined> {
  const { bucket, package: name, old } = request;
  const note = {
    ...{ by: context.author(), at: new Date(context.now()).toISOString() },
    message: request.message,
  };
  requireSigner(request);
  await pauseUntilNextSecond(context, bucket, old.modified);
  const signed = await signedChange(context, request, note);
  if (signed.kind === "same") {
    await addSignature(context, bucket, { package: name, old, addTo: signed.addTo });
    return undefined;
  }
  const { made: { change, serial, text, metadata }, trust, missing } = signed;
  const entry = entryOf(change, { serial, note, before: old.content });
  const follows = followed(bucket, name, old);
  try {
    const turn = await takeTurn(context, bucket, { package: name, entry, follows });
    const etag = await writeInTurn(bucket, turn, {
      key: pointerKey(name),
      text,
      metadata,
      condition: old.etag === undefined ? { absent: true } : { etag: old.etag },
    });
    faultPoint("pointer-written");
    return { etag, change, serial, trust, missing };
  } catch (error) {
    if (!(error instanceof ConflictError) || await follows.isUnchanged()) throw error;
    throw await namingTheWinner(bucket, name, error);
  }
}

/** The new pointer as it is stored. */
interface MadePointer extends PointerParts {
  readonly change: BlessingChange;
  readonly serial: number;
}

/**
 * Decides the change, and signs it. A signature may take minutes, and a turn lasts seconds, so it comes before the
 * turn. The serial stays what was decided.
 */
async function signedChange(
  context: Context,
  { bucket, package: name, old, signing, target, followsOld, decide }: PointerRequest,
  note: Note,
): Promise<SignedChange<MadePointer> | (Unsigned & { readonly made: MadePointer })> {
  const now = bucket.serverTime() ?? context.now();
  const before = old.content;
  const halted = await mayBeHalted(context, bucket, { package: name, pointer: before, now });
  const make = (trust: OldTrust | undefined, reserve = 0): MadePointer | undefined => {
    // Whoever can write to the bucket could else write a serial that machines refuse, as it is far in the future.
    const isDoubtful = trust !== undefined && trust !== "trusted";
    const serial = nextSerial(now, isDoubtful ? undefined : before?.serial);
    const change = decide({ package: name, old: before, serial, now, halted, trust });
    if (change === undefined) return undefined;
    const text = revisionName({ package: name, id: change.id });
    const follows = signing !== undefined && followsOld ? before?.serial : undefined;
    const metadata = blessingMetadata({ ...change, follows, note }, reserve);
    return { change, serial, text, metadata };
  };
  if (signing !== undefined) {
    const describe: SigningRequest<MadePointer>["describe"] = async ({ id, key }) => {
      const info = await bucket.head(key);
      return info && { id, key, size: info.size, metadata: info.metadata };
    };
    const facts = { package: name, old: before, followsOld, target, now };
    return await signing.sign({ ...facts, describe, make });
  }
  const made = make(undefined);
  if (made === undefined) throw new Error("there is nothing to change");
  return { kind: "changed", made, trust: undefined, missing: 0 };
}

interface Unsigned {
  readonly kind: "changed";
  readonly trust: undefined;
  readonly missing: number;
}

/** Nobody breaks a fleet by habit: machines that look at signatures would refuse the pointer. */
function requireSigner({ package: name, old, signing }: PointerRequest): void {
  if (signing !== undefined || !isSigned(old.content?.metadata ?? {})) return;
  throw new UsageError(`${name} is signed: set FTL_SIGN_KEY`, {
    hint:
      "Machines that trust signatures refuse a pointer without: give the path of a key, its text, or exec: " +
      "and a program",
  });
}

/**
 * Writes the pointer as it was before a change, if nobody had signed it. Throws `ConflictError` if somebody else has
 * changed it since.
 */
export async function restorePointer(
  context: Context,
  bucket: Bucket,
  { package: name, before, written }: {
    readonly package: PackageName;
    readonly before: PointerContent;
    readonly written: WrittenPointer;
  },
): Promise<void> {
  await pauseUntilNextSecond(context, bucket, bucket.serverTime());
  const { etag, change } = written;
  const serial = written.serial + 1;
  const text = revisionName({ package: name, id: before.id });
  const metadata: Metadata = { ...before.metadata, "ftl-serial": String(serial) };
  const entry = {
    ...{ action: "restored", serial, blessed: before.id, before: change.id } as const,
    ...{ next: before.next?.id, rollout: before.rollout && formatRollout(before.rollout) },
    note: { by: context.author(), at: new Date(context.now()).toISOString() },
  };
  const old = { content: { ...before, serial: written.serial }, etag, modified: undefined };
  const follows = followed(bucket, name, old);
  const turn = await takeTurn(context, bucket, { package: name, entry, follows });
  await writeInTurn(bucket, turn, { key: pointerKey(name), text, metadata, condition: { etag } });
}

function entryOf(
  change: BlessingChange,
  { serial, note, before }: {
    readonly serial: number;
    readonly note: Note;
    readonly before: PointerContent | undefined;
  },
): HistoryEntry {
  const { id: blessed, next, stopped, rollout } = change;
  return {
    action: actionOf(change),
    ...{ serial, blessed, before: before?.id, next: next?.id ?? stopped, note },
    rollout: rollout && formatRollout(rollout),
  };
}

function actionOf({ stopped, rollout }: BlessingChange): HistoryAction {
  if (stopped !== undefined) return "stopped";
  return rollout === undefined ? "blessed" : "rollout";
}

/**
 * Whether the rollout has halted, or nobody can tell. A rollout that halts has not arrived, however far its cut is. The
 * marks are asked only where that matters.
 */
async function mayBeHalted(
  context: Context,
  bucket: Bucket,
  { now, ...staged }: {
    readonly package: PackageName;
    readonly pointer: PointerContent | undefined;
    readonly now: number;
  },
): Promise<boolean> {
  const { rollout } = staged.pointer ?? {};
  if (rollout?.halt === undefined || !hasArrived(rollout, { now, halted: false })) return false;
  return (await readRolloutMarks(context, bucket, staged))?.isHalted ?? true;
}
