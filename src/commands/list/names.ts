/** The names that `ftl list` shows of this machine, oldest first, and nothing else that FTL knows of them. */
import type { Context } from "../../context.ts";
import { readLink } from "../../machine/links.ts";
import { listPackages, type PackageDir, requirePackage } from "../../machine/package_dir.ts";
import { requirePackageName, type RevisionName } from "../../revision/names.ts";

/** A revision on this machine, by its name. */
export interface NamedRevision {
  /** Its name, `<package>.<id>`. */
  readonly revision: RevisionName;
  /** Whether `current` points to it. */
  readonly active: boolean;
}

/** The packages that this machine wants. If there are none, reports that. */
export function wantedPackages({ config, report }: Context): PackageDir[] {
  const packages = listPackages(config.root);
  if (packages.length === 0) report({ type: "no-packages", root: config.root });
  return packages;
}

/** A package's revisions on this machine. Throws `NotFoundError` if this machine does not want the package. */
export function listRevisionNames({ config }: Context, packageName: string): NamedRevision[] {
  const pkg = requirePackage(config.root, requirePackageName(packageName));
  const active = readLink(pkg, "current");
  return pkg.revisions().map((id) => ({
    revision: pkg.revisionName(id),
    active: id === active,
  }));
}
