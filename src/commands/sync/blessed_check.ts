/** Errors that say why the blessed revision is not active here, if no other error says so. */
import { ConflictError, type FtlError, NotFoundError, ScriptError } from "../../errors.ts";
import type { RevisionId } from "../../revision/names.ts";
import { readLink } from "../../machine/links.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import type { PackageView } from "./package_view.ts";

/** For a blessed revision that is neither here nor in S3. */
export function missingBlessed(pkg: PackageDir, id: RevisionId, bucket: string): NotFoundError {
  return new NotFoundError(
    `The blessed revision ${pkg.revisionName(id)} is not in s3://${bucket}`,
    {
      hint: "This machine keeps what it runs. Bless another one: ftl jump --master <revision>",
    },
  );
}

/**
 * Call it at the end of a sync, if no hold is in force. Undefined if the blessed revision is here and active,
 * as it should be.
 */
export function blessedNotActive(
  pkg: PackageDir,
  id: RevisionId,
  { ranScripts }: { ranScripts: boolean },
): FtlError | undefined {
  const name = pkg.revisionName(id);
  if (!pkg.has(id)) {
    const message = `The blessed revision ${name} was taken away: ${pkg.revisionPath(id)}` +
      " is not there any more";
    return ranScripts
      ? new ScriptError(message, {
        revision: name,
        hint: "Did a script of the package move or delete it?",
      })
      : new ConflictError(message, { hint: "The next sync fetches it again" });
  }
  const active = readLink(pkg, "current");
  if (active === id) return undefined;
  const instead = active === undefined ? "nothing" : pkg.revisionName(active);
  return new ConflictError(`The blessed revision ${name} is not active, ${instead} is`, {
    hint: `Something else switched it meanwhile: 'ftl sync ${pkg.name}' tries again`,
  });
}

/** Undefined if the blessed revision is active, or if a hold, a quarantine, a pause or S3 prevents that. */
export function whyNotActive(
  pkg: PackageDir,
  view: PackageView,
  given: { ranScripts: boolean },
): FtlError | undefined {
  const why = view.blessed && blessedNotActive(pkg, view.blessed, given);
  if (!why) return undefined;
  view.changed();
  const { heldBy, missing, quarantined, paused } = view.plan();
  const reason = heldBy ?? missing ?? quarantined ?? paused;
  return reason === undefined ? why : undefined;
}
