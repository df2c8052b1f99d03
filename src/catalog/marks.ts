/** Reads and writes the marks of a staged rollout. `src/plan/marks.ts` decides by them. */
import type { Bucket } from "../bucket/bucket.ts";
import type { Context } from "../context.ts";
import { asError, ConflictError, StorageError } from "../errors.ts";
import { type Marks, readMarks } from "../plan/marks.ts";
import { marksPrefix } from "../revision/keys.ts";
import { machineInMarks, type Mark, markName } from "../revision/marks.ts";
import type { PackageName } from "../revision/names.ts";

/** Milliseconds: a mark that cannot be written delays no jump for longer. A try that has no answer is given up after 20 s. */
const LONGEST = 30_000;

/** Whose marks, in which rollout. */
export interface RolloutPlace {
  readonly package: PackageName;
  /** The rollout's id. */
  readonly id: number;
}

/**
 * What the marks tell, by one listing. The store's clock is compared with itself; this machine's clock, `now`, counts
 * only if the store tells no time. Throws `StorageError`, which names the prefix.
 */
export async function fetchMarks(
  bucket: Bucket,
  place: RolloutPlace,
  now: () => number,
): Promise<Marks> {
  const prefix = prefixOf(place);
  try {
    const listed = await bucket.list(prefix);
    const marks = listed.map(({ key, modified }) => ({ name: key.slice(prefix.length), modified }));
    return readMarks(marks, bucket.serverTime() ?? now());
  } catch (error) {
    throw explained(error, `Cannot list the marks of the rollout below ${urlOf(bucket, prefix)}`);
  }
}

/** The same for a command that goes on without them: `onError` gets the error. */
export async function fetchMarksIfAllowed(
  { signal, now }: Pick<Context, "signal" | "now">,
  { bucket, place, onError }: {
    readonly bucket: Bucket;
    readonly place: RolloutPlace;
    readonly onError: (error: Error) => void;
  },
): Promise<Marks | undefined> {
  try {
    return await fetchMarks(bucket, place, now);
  } catch (thrown) {
    signal.throwIfAborted();
    onError(asError(thrown));
    return undefined;
  }
}

/** Writes a mark, or writes it again. `machine` is in the object as well. */
export async function putMark(
  bucket: Bucket,
  place: RolloutPlace,
  { mark, machine }: { mark: Mark; machine: string },
): Promise<void> {
  const key = prefixOf(place) + markName(mark);
  try {
    await bucket.put(key, machineInMarks(machine), { metadata: {}, timeout: LONGEST });
  } catch (error) {
    throw explained(error, `Cannot write the mark ${urlOf(bucket, key)}`);
  }
}

/** Writes a turn if nobody has it yet. Returns whether it is the machine's. */
export async function takeTurn(
  bucket: Bucket,
  place: RolloutPlace,
  { turn, machine }: { turn: number; machine: string },
): Promise<boolean> {
  const key = prefixOf(place) + markName({ kind: "turn", turn });
  try {
    const condition = { absent: true } as const;
    const options = { metadata: {}, condition, timeout: LONGEST };
    await bucket.put(key, machineInMarks(machine), options);
    return true;
  } catch (error) {
    if (error instanceof ConflictError) return false;
    throw explained(error, `Cannot take a turn by ${urlOf(bucket, key)}`);
  }
}

/** The machine that has a turn. Undefined if nobody has it. */
export async function fetchTurnHolder(
  bucket: Bucket,
  place: RolloutPlace,
  turn: number,
): Promise<string | undefined> {
  const key = prefixOf(place) + markName({ kind: "turn", turn });
  try {
    return (await bucket.getSmall(key))?.text;
  } catch (error) {
    throw explained(error, `Cannot read the turn ${urlOf(bucket, key)}`);
  }
}

function prefixOf({ package: name, id }: RolloutPlace): string {
  return marksPrefix(name, id);
}

function urlOf({ name }: Bucket, key: string): string {
  return `s3://${name}/${key}`;
}

/** Says what could not be done. Only a missing right is known to be the operator's to give. */
function explained(error: unknown, what: string): unknown {
  if (!(error instanceof StorageError)) return error;
  const { reason, retryable, action, code, said, requestId } = error;
  const hint = reason === "denied"
    ? "'ftl setup iam machine' prints the rights that a machine needs for rollouts"
    : error.hint;
  return new StorageError(`${what}: ${error.message}`, {
    ...{ reason, retryable, action, code, said, requestId, hint },
    cause: error,
  });
}
