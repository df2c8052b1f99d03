/** Writes the words of a rollout into a pointer by hand: what machines make of them does not depend on the writer. */
import type { Bucket } from "../../src/bucket/bucket.ts";
import { marksPrefix, pointerKey } from "../../src/revision/keys.ts";
import { toRevision } from "../../src/revision/names.ts";
import { until } from "../until.ts";

/** Begins a rollout of `next`, or changes that with this id. Returns the rollout's id. */
export async function writeRollout(
  bucket: Bucket,
  next: string,
  { words, id }: { words: string; id?: number },
): Promise<number> {
  const revision = toRevision(next);
  const key = pointerKey(revision.package);
  const rev = await bucket.getSmall(key);
  if (rev === undefined) throw new Error(`Nothing is blessed in ${key}`);
  // Machines tell two states with the same text apart by the second.
  await until(() => Date.now() > rev.modified + 1100, "the next second");
  const now = Date.now();
  const chosen = id ?? now;
  const metadata = {
    ...rev.metadata,
    "ftl-serial": String(now),
    "ftl-next": revision.id,
    "ftl-rollout": `id=${chosen} at=${Math.floor(now / 1000)} ${words}`,
  };
  await bucket.put(key, rev.text, { metadata, condition: { etag: rev.etag } });
  return chosen;
}

/** The names of all marks. */
export async function namesOfMarks(bucket: Bucket, next: string, id: number): Promise<string[]> {
  const prefix = marksPrefix(toRevision(next).package, id);
  return (await bucket.list(prefix)).map(({ key }) => key.slice(prefix.length));
}
