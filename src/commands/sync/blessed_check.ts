/** Why the blessed revision is not what runs here, where nothing else has told. */
import { ConflictError, type FtlError, NotFoundError, ScriptError } from "../../errors.ts";
import type { RevisionId } from "../../revision/names.ts";
import { readLink } from "../../machine/links.ts";
import type { PackageDir } from "../../machine/package_dir.ts";

/** The blessed revision is neither here nor in S3. */
export function missingBlessed(pkg: PackageDir, id: RevisionId, bucket: string): NotFoundError {
  return new NotFoundError(
    `The blessed revision ${pkg.revisionName(id)} is not in s3://${bucket}`,
    {
      hint: "This machine keeps what it runs; bless another one: ftl jump --master <revision>",
    },
  );
}

/**
 * To be asked at the end of a sync, where no hold is in force: undefined where the blessed revision is
 * here and active, as it has to be.
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
      ? new ScriptError(message, { hint: "Did a script of the package move or delete it?" })
      : new ConflictError(message, { hint: "The next sync fetches it again" });
  }
  const active = readLink(pkg, "current");
  if (active === id) return undefined;
  const instead = active === undefined ? "nothing" : pkg.revisionName(active);
  return new ConflictError(`The blessed revision ${name} is not active, ${instead} is`, {
    hint: `Something else switched it meanwhile: ftl sync ${pkg.name} tries again`,
  });
}
