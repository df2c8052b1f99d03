/** The revisions that machines are likely to have: patches are made for these. */
import type { Bucket } from "../../../bucket/bucket.ts";
import { getTree, type StoredTree } from "../../../catalog/delta/objects.ts";
import { readRev } from "../../../catalog/pointer.ts";
import type { RemotePackage, RemoteRevision } from "../../../catalog/remote_package.ts";
import { LimitedTime } from "./limited_time.ts";

/** A revision, and what it holds. Most of its tree is that of the next revision, so it is read when that is known. */
export interface Base extends Pick<StoredTree, "facts" | "text"> {
  readonly remote: RemoteRevision;
}

/** Milliseconds for all requests: the check of the file waits for them. */
const PATIENCE = 5000;

/**
 * The newest revision and the blessed one, those of which S3 has the tree. Never throws, but for an abort.
 *
 * @param onFailure told of each request that failed, also if there may just be nothing to read
 */
export async function findBases(
  bucket: Bucket,
  { name, revisions, pointer }: RemotePackage,
  { signal, onFailure }: {
    readonly signal: AbortSignal;
    readonly onFailure: (error: unknown) => void;
  },
): Promise<Base[]> {
  using time = new LimitedTime(signal);
  time.endIn(PATIENCE);
  const orFailed = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      onFailure(error);
      return undefined;
    }
  };
  const read = (remote: RemoteRevision | undefined): Promise<Base | undefined> => {
    return orFailed(async () => remote && await readBase(bucket, remote, time.signal));
  };
  const newest = revisions.at(-1);
  const readBlessed = async (): Promise<Base | undefined> => {
    const blessed = pointer && await orFailed(() => readRev(bucket, name));
    const remote = revisions.find(({ id }) => id === blessed?.id);
    return remote === newest ? undefined : await read(remote);
  };
  const found = await Promise.all([read(newest), readBlessed()]);
  return found.filter((base) => base !== undefined);
}

/** Undefined if there is no tree, or if it is one of another object. */
async function readBase(
  bucket: Bucket,
  remote: RemoteRevision,
  signal: AbortSignal,
): Promise<Base | undefined> {
  const stored = await getTree(bucket, remote, signal);
  if (stored === undefined || stored.facts.size !== remote.object.size) return undefined;
  return { remote, facts: stored.facts, text: stored.text };
}
