/** Opens what checks signatures on a machine. Nothing of it is loaded where `FTL_TRUST` is not set. */
import type { Context } from "../../context.ts";
import type { MachineTrust } from "./machine_trust.ts";

/** Undefined without `FTL_TRUST`. Throws `UsageError` if it does not tell who may sign. */
export async function openTrust(context: Context): Promise<MachineTrust | undefined> {
  if (context.config.trust === undefined) return undefined;
  const { MachineTrust } = await import("./machine_trust.ts");
  return await MachineTrust.open(context);
}
