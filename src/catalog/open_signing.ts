/** Opens what signs pointers. Where nothing is signed, nothing of it is loaded. */
import type { Context } from "../context.ts";
import type { Signing } from "../trust/signing.ts";

/** Undefined if `FTL_SIGN_KEY` is not set. Throws `UsageError` if it names nothing that can sign. */
export async function openSigning({ config, signal }: Context): Promise<Signing | undefined> {
  if (config.signKey === undefined) return undefined;
  const { openPointerSigning } = await import("../trust/trust.ts");
  return await openPointerSigning(config, { signal });
}
