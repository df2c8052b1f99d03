/** Opens the bucket for a command and reports what its store lacks. */
import type { Context } from "../context.ts";
import type { Bucket } from "./bucket.ts";

/** Opens the bucket of `FTL_BUCKET`. `onAnswer` is called with the headers of each answer. */
export async function openBucket(
  context: Context,
  onAnswer?: (headers: Headers) => void,
): Promise<Bucket> {
  const { signal, report } = context;
  return await context.openBucket({
    signal,
    ...(onAnswer === undefined ? {} : { onAnswer }),
    // FTL fully makes up for `quotes`, so no warning at each blessing is needed. `ftl doctor` shows
    // it.
    onLack: (lack, message) => lack === "quotes" || report({ type: "warning", message }),
  });
}
