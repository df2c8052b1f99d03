/** Opens the bucket for a command and reports what its store lacks. */
import type { Context } from "../context.ts";
import type { OpenedBucket } from "./bucket.ts";

/** Opens the bucket of `FTL_BUCKET`. `onAnswer` is called with the headers of each answer. */
export async function openBucket(
  context: Context,
  onAnswer?: (headers: Headers) => void,
): Promise<OpenedBucket> {
  const { signal, report } = context;
  return await context.openBucket({
    signal,
    ...(onAnswer === undefined ? {} : { onAnswer }),
    // Some stores compare ETags without quotes. FTL then sends them without quotes, and nothing is
    // lost. So only `ftl doctor` reports this, and other commands do not warn.
    onLack: (lack, message) => lack === "quotes" || report({ type: "warning", message }),
  });
}
