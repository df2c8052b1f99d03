/**
 * `ftl doctor`: checks whether this machine works, and says how to fix what does not. It leaves nothing behind.
 */
import { checkBucket } from "./bucket.ts";
import type { Check, CheckStatus } from "./check.ts";
import { checkMachine } from "./machine.ts";
import { checkPackages } from "./packages.ts";
import { checkRoot } from "./root.ts";
import { checkVariables } from "./variables.ts";
import type { Config } from "../../config.ts";
import type { Context } from "../../context.ts";
import type { PackageDir } from "../../machine/package_dir.ts";

export type { Check, CheckStatus };

/** The result of `doctor`. */
export interface Diagnosis {
  /** In order of dependency: a check comes after those that it depends on. */
  readonly checks: readonly Check[];
  /** For each problem the error that a command would throw. Warnings are not included. */
  readonly failures: readonly Error[];
}

/** Checks everything that can be checked. A check whose precondition is missing is reported as not checked. */
export async function doctor(context: Context): Promise<Diagnosis> {
  const { config } = context;
  const variables = await checkVariables(config);
  const { checks: root, packages } = await checkRoot(config);
  const checks = [
    ...variables,
    ...await checkSigning(config, packages),
    ...await checkBucket(context, packages),
    ...root,
    ...await checkMachine(context, packages),
    ...await checkPackages(packages, context.now()),
  ];
  return { checks, failures: checks.flatMap(({ error }) => error === undefined ? [] : [error]) };
}

/** Loads nothing about signatures where there is nothing to check. */
async function checkSigning(config: Config, packages: readonly PackageDir[]): Promise<Check[]> {
  const { env: { FTL_TRUST: trust }, signKey } = config;
  return [
    ...(!trust ? [] : await (await import("./trust.ts")).checkTrust(config, { trust, packages })),
    ...(signKey === undefined ? [] : await (await import("./sign_key.ts")).checkSignKey(config)),
  ];
}
