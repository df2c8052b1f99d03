/** `ftl doctor`: whether all is well here, and how to mend what is not. Leaves nothing behind. */
import { checkBucket } from "./bucket.ts";
import type { Check, CheckStatus } from "./check.ts";
import { checkPackages } from "./packages.ts";
import { checkRoot } from "./root.ts";
import { checkVariables } from "./variables.ts";
import type { Context } from "../../context.ts";

export type { Check, CheckStatus };

/** What `doctor` found. */
export interface Diagnosis {
  /** In the order in which one thing depends on another. */
  readonly checks: readonly Check[];
  /** What each problem is to a command that meets it; warnings are none. */
  readonly failures: readonly unknown[];
}

/** Looks at everything that it can: what depends on something that is missing is told to be unchecked. */
export async function doctor(context: Context): Promise<Diagnosis> {
  const { config } = context;
  const variables = await checkVariables(config);
  const { checks: root, packages } = await checkRoot(config);
  const checks = [
    ...variables,
    ...await checkBucket(context, packages),
    ...root,
    ...await checkPackages(packages, context.now()),
  ];
  return { checks, failures: checks.flatMap(({ error }) => error === undefined ? [] : [error]) };
}
