/** The bucket that the commands work with. */
import type { Context } from "../context.ts";
import type { Bucket } from "./bucket.ts";

/** Opens the bucket of `FTL_BUCKET`. `onAnswer` is told the headers of each answer. */
export async function openBucket(
  context: Context,
  onAnswer?: (headers: Headers) => void,
): Promise<Bucket> {
  const { signal, report } = context;
  return await context.openBucket({
    signal,
    ...(onAnswer === undefined ? {} : { onAnswer }),
    // Made up for whole: nothing that a person should know at each blessing. `ftl doctor` tells it.
    onLack: (lack, message) => lack === "quotes" || report({ type: "warning", message }),
  });
}
