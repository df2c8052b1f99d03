/** Checks the packages' folders: links, locks, and unfinished work. */
import { ScriptError, StorageError } from "../../errors.ts";
import { type LinkName, readLink } from "../../machine/links.ts";
import { lookAtLock } from "../../machine/lock/lock_file.ts";
import { locksOf } from "../../machine/lock/package_locks.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import { leftovers } from "../../machine/revisions/removal.ts";
import { postSyncOf, readLastSync, readPointerState, readReported } from "../../machine/state.ts";
import { isThere } from "../../machine/revisions/trees.ts";
import { type Check, fail, finding, type Found, info, ok, once, warn } from "./check.ts";
import {
  checkHealth,
  checkHold,
  checkJournal,
  checkPause,
  checkPostJump,
  checkQuarantine,
} from "./jumps.ts";

/**
 * One line for each kind of check if all packages pass. Otherwise one line for each finding, which lists its
 * packages.
 */
export async function checkPackages(
  packages: readonly PackageDir[],
  now: number,
): Promise<Check[]> {
  if (packages.length === 0) return [];
  const kinds: [name: string, fine: string, check: (pkg: PackageDir) => Check[]][] = [
    ["links", "each leads to a revision", checkLinks],
    ["locks", "none is held", checkLocks],
    ["unfinished", "nothing was left", checkUnfinished],
    ["post-sync", "every revision is ready", checkPostSync],
    ["post-jump", "none failed", checkPostJump],
    ["health", "none failed", checkHealth],
    ["quarantine", "none", checkQuarantine],
    ["pause", "none", (pkg) => checkPause(pkg, now)],
    ["holds", "none", checkHold],
    ["last sync", "within a day, without a failure", (pkg) => checkLastSync(pkg, now)],
  ];
  const checks: Check[] = [];
  for (const [name, fine, check] of kinds) {
    const found: Found[] = [];
    for (const pkg of packages) {
      for (const one of await finding(name, () => check(pkg))) {
        found.push({ name: pkg.name, check: one });
      }
    }
    checks.push(...(found.length === 0 ? [ok(name, fine)] : once(found)));
  }
  return checks;
}

function checkLinks(pkg: PackageDir): Check[] {
  return (["current", "previous"] as const).flatMap((name) => checkLink(pkg, name));
}

/** A broken `previous` stops nothing, so it is only a warning. */
function checkLink(pkg: PackageDir, name: LinkName): Check[] {
  const id = readLink(pkg, name);
  if (id === undefined ? !isThere(pkg[name]) : pkg.has(id)) return [];
  const hint = `'ftl list ${pkg.name}' shows the revisions here: ftl jump ${pkg.name}.<id>`;
  const text = `${pkg[name]} leads to ${Deno.readLinkSync(pkg[name])}, which is no revision here`;
  return [
    name === "current"
      ? fail("links", new StorageError(text, { hint }))
      : warn("links", text, hint),
  ];
}

function checkLocks(pkg: PackageDir): Check[] {
  return Object.values(locksOf(pkg)).flatMap(({ path, what }) => {
    const found = lookAtLock(path);
    if (found === "unknown") {
      const text = `only another user can see whether ${what} is locked`;
      return [info("locks", text, `Run 'ftl doctor' as the owner of ${path}`)];
    }
    const { holder } = found;
    if (holder === undefined) return [];
    const hint = "Others wait for it to end: look at that process if it takes too long";
    return [warn("locks", `${what} is locked by ${holder}`, hint)];
  });
}

function checkUnfinished(pkg: PackageDir): Check[] {
  // A running command is still working on these files: they are not left behind.
  if (Object.values(locksOf(pkg)).some(({ path }) => mayBeLocked(path))) return [];
  const reported = readReported(pkg);
  const paths = [...new Set([...leftovers(pkg), ...reported.filter(isThere)])].map((path) => {
    const hint = reported.includes(path)
      ? `FTL may not delete it, or something is mounted in it: unmount it, and delete it as its owner`
      : `'ftl sync ${pkg.name}' cleans it up`;
    const what = reported.includes(path) ? "cannot be deleted" : "was left there";
    return warn("unfinished", `${path} ${what}`, hint);
  });
  return [...paths, ...checkJournal(pkg)];
}

/** Also true if this user cannot know. */
function mayBeLocked(path: string): boolean {
  const found = lookAtLock(path);
  return found === "unknown" || found.holder !== undefined;
}

function checkPostSync(pkg: PackageDir): Check[] {
  const isRunning = mayBeLocked(pkg.syncLock) || mayBeLocked(pkg.candidatesLock);
  const needed = [readLink(pkg, "current"), readPointerState(pkg)?.blessed];
  // A revision that cannot be deleted needs no preparation either.
  const reported = readReported(pkg);
  return pkg.revisions().filter((id) => !reported.includes(pkg.revisionPath(id))).flatMap((id) => {
    const postSync = postSyncOf(pkg, id);
    const step = "post-sync";
    const name = pkg.revisionName(id);
    const hint = `'ftl sync ${pkg.name}' runs it again and shows what it says`;
    if (postSync === "ok" || (postSync === "pending" && isRunning)) return [];
    if (postSync === "pending") return [warn("post-sync", `of ${name} has not run yet`, hint)];
    return [
      needed.includes(id)
        ? fail(
          "post-sync",
          new ScriptError(`The post-sync of ${name} failed`, { revision: name, step, hint }),
        )
        : warn("post-sync", `of ${name} failed: it cannot be activated`, hint),
    ];
  });
}

/** Milliseconds. After so long without a sync, the timer seems not to run. */
const LONG = 24 * 3_600_000;

function checkLastSync(pkg: PackageDir, now: number): Check[] {
  const last = readLastSync(pkg);
  const timer = "Does the timer run? systemctl status ftl-sync.timer, or see /etc/cron.d/ftl";
  if (last === undefined) return [warn("last sync", `${pkg.name} was never synced here`, timer)];
  const hours = Math.floor((now - Date.parse(last.at)) / 3_600_000);
  if (last.failure !== undefined) {
    const hint = `'ftl sync ${pkg.name}' tries again`;
    return [warn("last sync", `of ${pkg.name} failed: ${last.failure}`, hint)];
  }
  if (hours * 3_600_000 < LONG) return [];
  return [warn("last sync", `of ${pkg.name} was ${hours} hours ago`, timer)];
}
