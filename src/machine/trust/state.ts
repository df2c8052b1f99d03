/**
 * The blessing that this machine has obeyed last, `.ftl/trust.json`: no older one is obeyed, even with true signatures.
 * Only machines with `FTL_TRUST` have the file. It may lie in a machine's image.
 */
import { faultPoint } from "../../fault_point.ts";
import type { KnownBlessing } from "../../trust/replay.ts";
import { replaceFile } from "../disk/durable.ts";
import { numberIn, readJson, textIn } from "../disk/json_file.ts";
import type { PackageDir } from "../package_dir.ts";

/** Undefined if none was obeyed yet. */
export function readKnownBlessing(pkg: PackageDir): KnownBlessing | undefined {
  const value = readJson(pkg.ownPath("trust"));
  const [serial, statement] = value === undefined
    ? []
    : [numberIn(value, "serial"), textIn(value, "statement")];
  return serial === undefined || statement === undefined ? undefined : { serial, statement };
}

/** Flushed: call it before anything of the blessing is obeyed. Does nothing if it is known already. */
export function keepKnownBlessing(pkg: PackageDir, known: KnownBlessing, at: number): void {
  const before = readKnownBlessing(pkg);
  if (before?.serial === known.serial && before.statement === known.statement) return;
  const stored = { ...known, at: new Date(at).toISOString() };
  replaceFile(pkg.ownPath("trust"), `${JSON.stringify(stored)}\n`);
  faultPoint("trust-kept");
}
