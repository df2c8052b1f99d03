/** What `ftl setup` does with its arguments. */
import {
  setup as makeSetup,
  SETUP_KINDS,
  SETUP_PARTS,
  type SetupOptions,
} from "../../commands/setup/setup.ts";
import { UsageError } from "../../errors.ts";
import { quote } from "../../foreign_text.ts";
import { requirePackageName } from "../../revision/names.ts";
import type { ParsedArguments } from "../arguments.ts";
import type { Action } from "../command.ts";

export const setup: Action = (context, parsed) => {
  const kind = SETUP_KINDS.find((known) => known === parsed.words[0]);
  if (kind === undefined) {
    throw new UsageError(`No setup for ${quote(parsed.words[0] ?? "")}`, {
      hint: `There are setups for ${SETUP_KINDS.join(", ")}`,
    });
  }
  const { text, json } = makeSetup(context, kind, setupOptions(parsed, kind in SETUP_PARTS));
  return { lines: [], text, json: { kind, ...json }, failures: [] };
};

/** The words after the kind: a part, packages, or both. Throws `UsageError` for words of another kind. */
function setupOptions(
  { words: [kind, ...words], values }: ParsedArguments,
  hasPart: boolean,
): SetupOptions {
  const isCloudInit = kind === "cloud-init";
  const takesPackages = isCloudInit || kind === "iam";
  const [part, packages] = hasPart ? [words[0], words.slice(1)] : [undefined, words];
  const [extra] = takesPackages ? [] : packages;
  if (extra !== undefined) {
    throw new UsageError(`ftl setup ${kind}: one argument too many, ${quote(extra)}`);
  }
  if (!isCloudInit && values.size > 0) {
    throw new UsageError(`--${[...values.keys()][0]} is an option of ftl setup cloud-init only`);
  }
  const [from, sums] = [values.get("from"), values.get("sums")];
  return {
    ...(part === undefined ? {} : { part }),
    packages: packages.map(requirePackageName),
    ...(from === undefined ? {} : { from }),
    ...(sums === undefined ? {} : { sums }),
  };
}
