/** Checks whom this machine trusts: who may sign, whether enough of them may bless, and who else could change that. */
import type { Config } from "../../config.ts";
import { UsageError } from "../../errors.ts";
import { escapeControls } from "../../foreign_text.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import type { PackageName } from "../../revision/names.ts";
import type { AllowedSigner } from "../../trust/allowed_signers.ts";
import type { TrustSource } from "../../trust/policy.ts";
import { type Check, enumerate, fail, finding, info, ok, warn } from "./check.ts";
import {
  differentPeople,
  fitsPatternList,
  mayOverlap,
  namespaceOf,
  readTrustSource,
} from "../../trust/trust.ts";

const NAME = "trust";

export interface TrustFacts {
  /** `FTL_TRUST`. */
  readonly trust: string;
  readonly packages: readonly PackageDir[];
}

export async function checkTrust(
  config: Config,
  { trust, packages }: TrustFacts,
): Promise<Check[]> {
  return await finding(NAME, async () => {
    const source = await readTrustSource(trust);
    return [
      describe(source),
      ...skippedLines(source),
      ...checkPeople(config, source, packages.map(({ name }) => name)),
      ...checkPlaces(source),
    ];
  });
}

function describe({ signers, source, isEnforced }: TrustSource): Check {
  const names = [...new Set(signers.map(({ principals }) => escapeControls(principals)))];
  const count = signers.length === 1 ? "1 key" : `${signers.length} keys`;
  const text = `${source}: ${count} of ${enumerate(names)}`;
  if (isEnforced) return ok(NAME, text);
  const hint = "Once 'ftl fleet' shows nobody who would refuse what is blessed, take 'warn:' away";
  return info(NAME, `${text}; what is not trusted only gives a warning`, hint);
}

function skippedLines({ skipped, source }: TrustSource): Check[] {
  return skipped.map(({ line, reason }) =>
    warn(NAME, `${source}, line ${line}: ${reason}`, "Nobody is trusted by this line: mend it")
  );
}

/** More would take long to tell apart. A blessing has no room for that many signatures. */
const MOST_PEOPLE = 20;

/** Whether enough different people may bless each package of this machine, or any package if it has none. */
function checkPeople(
  config: Config,
  { signers, isEnforced }: TrustSource,
  packages: readonly PackageName[],
): Check[] {
  const threshold = thresholdOf(config);
  if (threshold === undefined) return [];
  const lacking = (packages.length === 0 ? [undefined] : packages).flatMap((name) => {
    const may = signers.filter((signer) => mayBless(signer, name));
    const people = [...new Set(may.map(({ principals }) => principals))]
      .map((principals) => ({ principals }));
    if (people.length > MOST_PEOPLE) return [];
    const count = differentPeople(people).length;
    return count >= threshold ? [] : [{ name, count }];
  });
  const [first] = lacking;
  if (first === undefined) return [];
  const names = lacking.flatMap(({ name }) => name ?? []);
  const what = names.length === 0 ? "" : ` ${enumerate(names)}`;
  const who = first.count === 1 ? "only 1 person may" : `only ${first.count} people may`;
  const why = first.count === 0
    ? `nobody may bless${what}`
    : `${who} bless${what}, and FTL_TRUST_THRESHOLD is ${threshold}`;
  const message = `No blessing can be trusted: ${why}`;
  const hint = 'Add a key with namespaces="ftl-bless:*" and a name of its own, or lower the number';
  return [
    isEnforced ? fail(NAME, new UsageError(message, { hint })) : warn(NAME, message, hint),
  ];
}

/** Undefined if it is not valid: `checkVariables` has reported that. */
function thresholdOf(config: Config): number | undefined {
  try {
    return config.trustThreshold;
  } catch {
    return undefined;
  }
}

/** @param name undefined for any package */
function mayBless({ namespaces, key }: AllowedSigner, name: PackageName | undefined): boolean {
  if (key.type === "ssh-rsa") return false;
  if (namespaces === undefined) return true;
  if (name !== undefined) return fitsPatternList(namespaceOf("blessing", name), namespaces);
  const patterns = namespaces.split(",").filter((one) => !one.startsWith("!"));
  return patterns.some((pattern) => mayOverlap(pattern, "ftl-bless:*"));
}

/** Who can write to the file, or to a folder above it, decides what runs here. */
function checkPlaces({ source }: TrustSource): Check[] {
  if (!source.startsWith("/")) return [];
  // The folder's own path may be a link, and the file may be one.
  const paths = [Deno.realPathSync(source), Deno.realPathSync(folderOf(source))];
  const places = [...new Set(paths.flatMap((path) => [path, ...foldersAbove(path)]))];
  return places.flatMap((path) => {
    const who = whoElseMayChange(path);
    if (who === undefined) return [];
    const hint = `chown root ${path} and chmod go-w ${path}`;
    return [warn(NAME, `${path} can be changed by ${who}, who so decides what runs here`, hint)];
  });
}

const STICKY = 0o1000;

/** Undefined if only root and this user may. In a sticky folder only the owner may replace a file. */
function whoElseMayChange(path: string): string | undefined {
  const { uid, mode, isDirectory } = Deno.statSync(path);
  if (uid !== 0 && uid !== Deno.uid()) return `uid ${uid}`;
  const bits = mode ?? 0;
  const isSafe = (bits & 0o022) === 0 || (isDirectory && (bits & STICKY) !== 0);
  return isSafe ? undefined : "others than its owner";
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function foldersAbove(path: string): string[] {
  return path === "/" ? [] : [folderOf(path), ...foldersAbove(folderOf(path))];
}
