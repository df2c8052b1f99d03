/**
 * Checks whether this machine may report, if it is to, whether it may see how others do in a rollout, and whether rules
 * of the bucket let revisions expire.
 */
import { ConflictError, FtlError, NotFoundError } from "../../errors.ts";
import { NEVER, type OpenedBucket } from "../../bucket/bucket.ts";
import type { Context } from "../../context.ts";
import { identifyMachine } from "../../machine/identity.ts";
import { MARKS_PREFIX, reportKey } from "../../revision/keys.ts";
import type { PackageName } from "../../revision/names.ts";
import { isMachineName } from "../../machine_name.ts";
import { type Check, enumerate, fail, info, ok, warn } from "./check.ts";
import { isDenied, type Lacks } from "./writes.ts";

const NAME = "S3 report";
const ROLLOUTS = "S3 rollouts";

/**
 * Tries a write that a correct store refuses, at the very key: the right may be for that alone. A store that ignores
 * conditions would replace the report, so it is not tried there.
 */
export async function checkReport(
  { config }: Context,
  bucket: OpenedBucket,
  lacks: Lacks,
): Promise<Check[]> {
  if (config.reportEvery === 0) return [];
  const instanceId = (): Promise<string | undefined> => bucket.instanceId();
  const { machine } = await identifyMachine(config, { instanceId });
  if (!isMachineName(machine)) {
    const hint = "Set FTL_MACHINE: up to 128 letters, digits and any of _.:@-";
    return [warn(NAME, "this machine does not report: its host's name is no part of a key", hint)];
  }
  if (lacks.has("conditions") || lacks.has("condition-checks")) {
    return [info(NAME, "not checked: that needs a store with conditional writes")];
  }
  try {
    await bucket.put(reportKey(machine), "", { metadata: {}, condition: NEVER });
  } catch (error) {
    if (error instanceof ConflictError || error instanceof NotFoundError) {
      return [ok(NAME, `may report as ${machine}`)];
    }
    if (!(error instanceof FtlError)) throw error;
    if (!isDenied(error)) return [fail(NAME, error)];
    // After the refusal the bucket looks at the object, which a machine must not read.
    if (error.action !== "s3:PutObject") return [ok(NAME, `may report as ${machine}`)];
    const hint = "Give its role the policy of 'ftl setup iam machine', or unset FTL_REPORT";
    return [warn(NAME, `not allowed: 'ftl fleet' does not show ${machine}`, hint)];
  }
  return [];
}

/** Without the right, this machine takes no candidate of a rollout that can halt: and all can that people begin. */
export async function checkMarks(
  bucket: OpenedBucket,
  packages: readonly PackageName[],
): Promise<Check[]> {
  const denied: string[] = [];
  for (const name of packages) {
    try {
      const prefix = `${MARKS_PREFIX}${name}/`;
      await bucket.listPage({ prefix, after: "", next: undefined });
    } catch (error) {
      if (!(error instanceof FtlError)) throw error;
      if (!isDenied(error)) return [fail(ROLLOUTS, error)];
      denied.push(name);
    }
  }
  if (denied.length === 0) return [];
  return [
    warn(
      ROLLOUTS,
      `not allowed to list marks of ${enumerate(denied)}: this machine takes no candidate`,
      "Give its role the policy of 'ftl setup iam machine'",
    ),
  ];
}

/**
 * S3 tells of each object whether a rule lets it expire: no right is needed to read the rules.
 *
 * @param keys one of each package
 */
export async function checkExpiry(
  bucket: OpenedBucket,
  keys: readonly string[],
): Promise<Check[]> {
  const expiring: string[] = [];
  for (const key of keys) {
    try {
      if ((await bucket.head(key))?.expires === true) expiring.push(key);
    } catch (error) {
      // `S3 get` has told it.
      if (!(error instanceof FtlError)) throw error;
      break;
    }
  }
  if (expiring.length === 0) return [];
  return [
    warn(
      "S3 lifecycle",
      `a rule of s3://${bucket.name} lets objects expire: ${enumerate(expiring)}`,
      "Machines could not fetch them any more: limit the rule to .ftl/, as 'ftl setup lifecycle' does",
    ),
  ];
}
