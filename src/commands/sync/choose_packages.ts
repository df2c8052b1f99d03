/** Which packages a sync is about. */
import type { Context } from "../../context.ts";
import { listPackages, type PackageDir, requirePackage } from "../../machine/package_dir.ts";
import { requirePackageName } from "../../revision/names.ts";

/** @param names without any: all packages of this machine */
export function choosePackages(
  { config, report }: Context,
  names: readonly string[] = [],
): PackageDir[] {
  const { root } = config;
  if (names.length > 0) {
    return [...new Set(names)].map((name) => requirePackage(root, requirePackageName(name)));
  }
  const packages = listPackages(root);
  if (packages.length === 0) report({ type: "no-packages", root });
  return packages;
}
