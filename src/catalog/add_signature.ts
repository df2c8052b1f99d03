/** Adds a signature to a pointer that stays as it is: a second person blesses it, too. */
import type { Bucket } from "../bucket/bucket.ts";
import type { Context } from "../context.ts";
import { ConflictError } from "../errors.ts";
import { pointerKey } from "../revision/keys.ts";
import {
  type PackageName,
  type RevisionId,
  type RevisionName,
  revisionName,
} from "../revision/names.ts";
import { parsePointer, readBlessing } from "../revision/pointer.ts";
import type { Added, PointerParts } from "../trust/signing.ts";
import { takeTurn } from "./history.ts";
import type { OldPointer } from "./pointer.ts";
import { followed, namingTheWinner, pauseUntilNextSecond, writeInTurn } from "./pointer_write.ts";

interface AddRequest {
  readonly package: PackageName;
  readonly old: OldPointer;
  readonly addTo: (pointer: PointerParts) => Added;
}

/**
 * It takes a turn as any change does, as two pointers with the same text have the same ETag. It leaves no entry in
 * the history: the turn is free again for the change that comes next. Throws `ConflictError` if somebody else has
 * changed the pointer meanwhile.
 */
export async function addSignature(
  context: Context,
  bucket: Bucket,
  { package: name, old, addTo }: AddRequest,
): Promise<void> {
  const follows = followed(bucket, name, old);
  const turn = await takeTurn(context, bucket, { package: name, entry: undefined, follows })
    .catch(async (error) => {
      const isLost = error instanceof ConflictError && !await follows.isUnchanged();
      throw isLost ? await namingTheWinner(bucket, name, error) : error;
    });
  const key = pointerKey(name);
  const present = await bucket.getSmall(key);
  let added: Added | undefined;
  try {
    added = present && addTo(present);
  } catch (error) {
    await turn.free();
    throw error;
  }
  if (present === undefined || added === undefined || added.result === "another") {
    await turn.free();
    throw await namingTheWinner(
      bucket,
      name,
      new ConflictError(`Somebody else has changed ${key}`),
    );
  }
  const id = parsePointer(present.text, { key, packageName: name });
  const names = { package: name, id, next: readBlessing(id, present.metadata).next };
  if (added.result === "there") {
    await turn.free();
    return tellOfSigned(context, names);
  }
  await pauseUntilNextSecond(context, bucket, present.modified);
  const { text, etag } = present;
  const { metadata, people, missing } = added;
  await writeInTurn(bucket, turn, { key, text, metadata, condition: { etag } });
  await turn.free();
  context.report({ type: "signed", revision: nameOf(names), people });
  tellOfMissing(context, { ...names, missing });
}

/** What a pointer names. */
interface Names {
  readonly package: PackageName;
  readonly id: RevisionId;
  readonly next?: { readonly id: RevisionId } | undefined;
}

/** What people decide about now: the candidate, if there is one. */
function nameOf({ package: name, id, next }: Names): RevisionName {
  return revisionName({ package: name, id: next?.id ?? id });
}

function tellOfSigned({ report }: Context, names: Names): void {
  const how = names.next === undefined ? "is blessed" : "is rolled out so";
  report({
    type: "warning",
    message: `${nameOf(names)} ${how} already, and signed with this key: nothing was changed`,
  });
}

/** Machines obey nothing before enough people have signed it. */
export function tellOfMissing(
  { report }: Context,
  { missing, ...names }: Names & { readonly missing: number },
): void {
  if (missing === 0) return;
  const revision = nameOf(names);
  const how = names.next === undefined ? "" : " with the same numbers,";
  report({
    type: "warning",
    message: `${revision} needs ${missing} more signature${missing === 1 ? "" : "s"}: ` +
      `ftl jump --master ${revision}${how} by another person`,
  });
}
