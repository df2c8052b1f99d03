/**
 * From parsed arguments to a command's call, and from what it returns to what is printed. The larger commands
 * are loaded only when they are called: parsing them would slow down the others.
 */
import { jump, jumpMaster } from "../commands/jump.ts";
import { jumpBack, jumpBackMaster } from "../commands/jump_back.ts";
import {
  listLocalPackages,
  listLocalRevisions,
  listMasterPackages,
  listMasterRevisions,
} from "../commands/list.ts";
import { purge, purgeMaster, type PurgeTarget } from "../commands/purge.ts";
import type { SetupOptions } from "../commands/setup/setup.ts";
import { status } from "../commands/status.ts";
import type { Context } from "../context.ts";
import type { PlannedSync } from "../commands/sync/sync.ts";
import { UsageError } from "../errors.ts";
import { requirePackageName, requireRevisionName } from "../revision/names.ts";
import type { ParsedArguments } from "./arguments.ts";
import { checkLines } from "./text/checklist.ts";
import type { CommandName } from "./commands.ts";
import { exitCodeOf } from "./failure.ts";
import { packageLines, revisionLines, statusLines, type TableOptions } from "./text/tables.ts";
import { quote } from "../foreign_text.ts";

/** What a command brought. */
export interface Outcome {
  /** For stdout, without newlines. */
  readonly lines: readonly string[];
  /** Instead of lines: for a file, byte for byte. */
  readonly text?: string;
  /** The same as `--json` shows it. */
  readonly json: unknown;
  /** What went wrong without ending the command; it was reported already. */
  readonly failures: readonly unknown[];
}

export type Action = (
  context: Context,
  parsed: ParsedArguments,
  table: TableOptions,
) => Outcome | Promise<Outcome>;

export const ACTIONS: Readonly<Record<Exclude<CommandName, "help">, Action>> = {
  spool: async (context, { words: [file = ""], values }) => {
    const { spool } = await import("../commands/spool/spool.ts");
    const spooled = await spool(context, file, messageOption(values));
    return { lines: [spooled.revision], json: spooled, failures: [] };
  },

  list: async (context, { words: [name], flags }, table) => {
    const master = flags.has("master");
    const long = flags.has("long");
    if (name === undefined) {
      const packages = master
        ? await listMasterPackages(context, { long })
        : listLocalPackages(context, { long });
      return { lines: packageLines(packages, { ...table, long }), json: packages, failures: [] };
    }
    const packageName = requirePackageName(name);
    const revisions = master
      ? await listMasterRevisions(context, packageName, { long })
      : listLocalRevisions(context, packageName);
    return { lines: revisionLines(revisions, { ...table, long }), json: revisions, failures: [] };
  },

  sync: async (context, { words, flags, values }) => {
    const { planSyncs, sync } = await import("../commands/sync/sync.ts");
    const packages = words.map(requirePackageName);
    const follow = flags.has("follow");
    if (flags.has("dry-run")) {
      const plans = await planSyncs(context, { packages, follow });
      const failures = plans.flatMap((plan) => plan.failures);
      return { lines: plans.flatMap(planLines), json: plans.map(withErrorTexts), failures };
    }
    const splay = values.get("splay");
    const results = await sync(context, {
      packages,
      follow,
      ...(splay === undefined ? {} : { splay: requireCount("splay", splay) }),
    });
    const failures = results.flatMap((result) => result.failures);
    return { lines: [], json: results.map(withErrorTexts), failures };
  },

  jump: async (context, { words: [name = ""], flags, values }) => {
    const revision = requireRevisionName(name);
    const jumped = flags.has("master")
      ? await jumpMaster(context, revision, messageOption(values))
      : await jump(context, refuseMessage(values) ?? revision);
    return { lines: [], json: withErrorTexts(jumped), failures: jumped.failures };
  },

  "jump-back": async (context, { words: [name = ""], flags, values }) => {
    const packageName = requirePackageName(name);
    const jumped = flags.has("master")
      ? await jumpBackMaster(context, packageName, messageOption(values))
      : await jumpBack(context, refuseMessage(values) ?? packageName);
    return { lines: [], json: withErrorTexts(jumped), failures: jumped.failures };
  },

  purge: async (context, { words: [name = ""], flags, values }) => {
    const keep = values.get("keep");
    const target: PurgeTarget = keep === undefined
      ? { revision: requireRevisionName(name) }
      : { package: requirePackageName(name), keep: requireCount("keep", keep) };
    const dryRun = flags.has("dry-run");
    const purged = flags.has("master")
      ? await purgeMaster(context, target, { dryRun })
      : await purge(context, target, { dryRun });
    return {
      lines: dryRun ? purged.removed.map((revision) => `remove\t${revision}`) : [],
      json: withErrorTexts(purged),
      failures: purged.failures,
    };
  },

  status: async (context, { words: [name] }, table) => {
    const found = await status(context, name === undefined ? undefined : requirePackageName(name));
    return {
      lines: found.packages.length === 0 ? [] : statusLines(found.packages, table),
      json: found.packages.map(withErrorTexts),
      failures: found.failures,
    };
  },

  doctor: async (context, _parsed, table) => {
    const { doctor } = await import("../commands/doctor/doctor.ts");
    const { checks, failures } = await doctor(context);
    const json = checks.map(({ name, status, detail, hint }) => ({ name, status, detail, hint }));
    return { lines: checkLines(checks, table), json, failures };
  },

  setup: async (context, parsed) => {
    const { setup, SETUP_KINDS } = await import("../commands/setup/setup.ts");
    const kind = SETUP_KINDS.find((known) => known === parsed.words[0]);
    if (kind === undefined) {
      throw new UsageError(`No setup for ${quote(parsed.words[0] ?? "")}`, {
        hint: `There is one for ${SETUP_KINDS.join(", ")}`,
      });
    }
    const { text, json } = setup(context, kind, setupOptions(parsed));
    return { lines: [], text, json, failures: [] };
  },

  completions: async (_context, { words: [word = ""] }) => {
    const { completionScript, SHELLS } = await import("./completion.ts");
    const shell = SHELLS.find((known) => known === word);
    if (shell === undefined) {
      throw new UsageError(`No completions for ${quote(word)}`, {
        hint: `There are some for ${SHELLS.join(", ")}`,
      });
    }
    const script = completionScript(shell);
    return { lines: [], text: `${script}\n`, json: { shell, script }, failures: [] };
  },
};

/** What follows the kind: a part, packages, or both. Throws `UsageError` for what goes with another kind. */
function setupOptions({ words: [kind, ...words], values }: ParsedArguments): SetupOptions {
  const isCloudInit = kind === "cloud-init";
  const hasPart = kind === "systemd" || kind === "iam";
  const takesPackages = isCloudInit || kind === "iam";
  const [part, packages] = hasPart ? [words[0], words.slice(1)] : [undefined, words];
  const [extra] = takesPackages ? [] : packages;
  if (extra !== undefined) {
    throw new UsageError(`ftl setup ${kind}: one argument too many, ${quote(extra)}`);
  }
  if (!isCloudInit && values.size > 0) {
    throw new UsageError(`--${[...values.keys()][0]} goes with ftl setup cloud-init`);
  }
  const [from, sums] = [values.get("from"), values.get("sums")];
  return {
    ...(part === undefined ? {} : { part }),
    packages: packages.map(requirePackageName),
    ...(from === undefined ? {} : { from }),
    ...(sums === undefined ? {} : { sums }),
  };
}

function messageOption(values: ReadonlyMap<string, string>): { message?: string } {
  const message = values.get("message");
  // An empty one, as of `-m "$NOTE"`, is none.
  return message === undefined || message === "" ? {} : { message };
}

function refuseMessage(values: ReadonlyMap<string, string>): undefined {
  if (!values.has("message")) return undefined;
  throw new UsageError("--message goes with --master: a local jump leaves no note");
}

function requireCount(option: string, text: string): number {
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`--${option} is not a whole number: ${quote(text)}`);
}

/** What a sync would do, one step a line: `fetch<TAB>my_site.VZ5vQk8aR4G`. */
function planLines({ fetch, activate, remove, held, missing }: PlannedSync): string[] {
  return [
    ...fetch.map((revision) => `fetch\t${revision}`),
    ...(activate === undefined ? [] : [`activate\t${activate}`]),
    ...remove.map((revision) => `remove\t${revision}`),
    ...(held === undefined ? [] : [`hold\t${held}`]),
    ...(missing === undefined ? [] : [`missing\t${missing}`]),
  ];
}

function withErrorTexts<T extends { failures: readonly unknown[] }>(result: T): unknown {
  const failures = result.failures.map((failure) => ({
    message: failure instanceof Error ? failure.message : String(failure),
    exitCode: exitCodeOf(failure),
  }));
  return { ...result, failures };
}
