/** `ftl list`: lists packages and revisions of this machine, oldest first. It loads nothing of S3. */
import { type Context } from "../../context.ts";
import { messageOf } from "../../errors.ts";
import type { FetchedHow } from "../../events.ts";
import { isHeld } from "../../machine/jump/hold.ts";
import { readLink } from "../../machine/links.ts";
import { type PackageDir, requirePackage } from "../../machine/package_dir.ts";
import { postSyncOf, readRevisionState } from "../../machine/state.ts";
import type { PostSync } from "../../plan/sync.ts";
import { requirePackageName, timeOfId } from "../../revision/names.ts";
import {
  isoTime,
  type ListedPackage,
  type ListedRevision,
  type ListOptions,
  nameOf,
} from "./listed.ts";
import { wantedPackages } from "./names.ts";

/** A package that this machine wants. */
export interface LocalPackage extends ListedPackage {
  /** In a long listing: whether a hold keeps the active revision. */
  readonly held?: boolean | undefined;
}

/** A revision on this machine. */
export interface LocalRevision extends ListedRevision {
  /** Whether a hold keeps it active. */
  readonly held: boolean;
  /** The result of its `post-sync`. */
  readonly postSync: PostSync;
  /** How it came here, if FTL has stored it. */
  readonly how: FetchedHow | undefined;
  /** Bytes that were downloaded for it, if FTL has stored it. */
  readonly moved: number | undefined;
}

/** This machine's packages. */
export function listLocalPackages(context: Context, options: ListOptions = {}): LocalPackage[] {
  const { long = false } = options;
  return wantedPackages(context).map((pkg) => {
    if (!long) return { package: pkg.name };
    try {
      return { package: pkg.name, ...aboutLocal(pkg) };
    } catch (error) {
      // One unreadable package must not hide the others.
      context.report({ type: "warning", message: messageOf(error) });
      return { package: pkg.name };
    }
  });
}

function aboutLocal(pkg: PackageDir): Omit<LocalPackage, "package"> {
  const revisions = pkg.revisions();
  return {
    active: nameOf(pkg.name, readLink(pkg, "current")),
    held: isHeld(pkg),
    newest: nameOf(pkg.name, revisions.at(-1)),
    revisions: revisions.length,
  };
}

/** A package's revisions on this machine. Throws `NotFoundError` if this machine does not want the package. */
export function listLocalRevisions(context: Context, packageName: string): LocalRevision[] {
  const pkg = requirePackage(context.config.root, requirePackageName(packageName));
  const active = readLink(pkg, "current");
  const previous = readLink(pkg, "previous");
  const held = isHeld(pkg);
  return pkg.revisions().map((id) => {
    const { size, how, moved } = readRevisionState(pkg, id) ?? {};
    return {
      revision: pkg.revisionName(id),
      active: id === active,
      previous: id === previous,
      held: held && id === active,
      postSync: postSyncOf(pkg, id),
      spooledAt: isoTime(timeOfId(id)),
      ...{ size, how, moved },
    };
  });
}
