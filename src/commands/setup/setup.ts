/** `ftl setup`: ready text for people who install FTL. It is pure: it reads only the environment. */
import { UsageError } from "../../errors.ts";
import { type PackageName, requirePackageName } from "../../revision/names.ts";
import type { Context } from "../../context.ts";
import { cloudInit, cloudInitPlaceholders } from "./cloud_init.ts";
import { cronFile } from "./cron.ts";
import { IAM_ROLES, iamPolicy, type RolePolicy } from "./iam.ts";
import { LIFECYCLE, LIFECYCLE_WARNING, type LifecycleConfiguration } from "./lifecycle.ts";
import { SYSTEMD_PARTS, systemdFiles } from "./systemd.ts";
import { readSetupValues, type SetupFile, type SetupValues } from "./values.ts";
import { quote } from "../../foreign_text.ts";

/** The kind of text. */
export type SetupKind = "systemd" | "cron" | "cloud-init" | "iam" | "lifecycle";
export const SETUP_KINDS: readonly SetupKind[] = [
  "systemd",
  "cron",
  "cloud-init",
  "iam",
  "lifecycle",
];

/** The parts of the kinds that have parts. Without a part, all of them are printed. */
export const SETUP_PARTS = {
  systemd: SYSTEMD_PARTS,
  iam: IAM_ROLES,
} as const satisfies Partial<Record<SetupKind, readonly string[]>>;

/** Options of a text. */
export interface SetupOptions {
  /** One of several parts: a role for `iam`; `env`, `service` or `timer` for `systemd`. */
  readonly part?: string;
  /** For `cloud-init`: the packages that the machine wants. For `iam`: the packages that the policy allows. */
  readonly packages?: readonly string[];
  /** For `cloud-init`: where the executables are. */
  readonly from?: string;
  /** For `cloud-init`: the text of `SHA256SUMS`. */
  readonly sums?: string;
}

/** The text as data: files of a machine, user data, policies, or rules of a bucket. */
export type SetupData =
  | { readonly files: readonly SetupFile[] }
  | { readonly text: string }
  | { readonly policies: readonly RolePolicy[] }
  | { readonly configuration: LifecycleConfiguration };

/** A text that is ready for use. */
export interface SetupText {
  /** The text as it goes into its file. */
  readonly text: string;
  /** The same as data. */
  readonly json: SetupData;
}

/**
 * The text of one kind, filled with the environment's values. A warning names the placeholders. Throws
 * `UsageError` for a value that the text cannot express.
 */
export function setup(
  context: Context,
  kind: SetupKind,
  options: SetupOptions = {},
): SetupText {
  const packages = (options.packages ?? []).map(requirePackageName);
  const values = readSetupValues(context.config);
  const { text, json, placeholders } = makeText(context, kind, { values, options, packages });
  if (placeholders.length > 0) {
    const names = placeholders.join(", ");
    context.report({
      type: "warning",
      message: `Not given: ${names}; replace their placeholders, as in <bucket>, in the text`,
    });
  }
  return { text, json };
}

interface Source {
  readonly values: SetupValues;
  readonly options: SetupOptions;
  /** The packages of the options, after validation. */
  readonly packages: readonly PackageName[];
}

function makeText(
  context: Context,
  kind: SetupKind,
  { values, options, packages }: Source,
): SetupText & { placeholders: readonly string[] } {
  const { placeholders } = values;
  switch (kind) {
    case "systemd":
      return { ...systemdText(values, options.part), placeholders };
    case "cron":
      return { ...ofFile(cronFile(values)), placeholders };
    case "cloud-init": {
      const { from, sums } = options;
      const asked = { packages, from, sums, version: context.version };
      const text = cloudInit(values, asked);
      return {
        text,
        json: { text },
        placeholders: [...placeholders, ...cloudInitPlaceholders(asked)],
      };
    }
    case "iam":
      return {
        ...iamText(values, { part: options.part, packages }),
        placeholders: placeholders.filter((name) => name === "FTL_BUCKET"),
      };
    case "lifecycle":
      context.report({ type: "warning", message: LIFECYCLE_WARNING });
      return {
        text: `${JSON.stringify(LIFECYCLE, null, 2)}\n`,
        json: { configuration: LIFECYCLE },
        placeholders: [],
      };
  }
}

function ofFile(file: SetupFile): SetupText {
  return { text: file.text, json: { files: [file] } };
}

/**
 * All three files as `systemctl cat` shows them, each below its path. With a part: only that one, to be written
 * to a file.
 */
function systemdText(values: SetupValues, part: string | undefined): SetupText {
  const files = systemdFiles(values);
  if (part !== undefined) {
    const found = files.find(({ path }) => path.endsWith(`.${part}`));
    if (found !== undefined) return ofFile(found);
    throw new UsageError(`ftl setup systemd has no part ${quote(part)}`, {
      hint: `Its parts are ${SYSTEMD_PARTS.join(", ")}; without one it shows all of them`,
    });
  }
  const install = [
    "# Install these as root:",
    ...files.map(({ path }) => `#   ftl setup systemd ${path.replace(/.*\./, "")} > ${path}`),
    "#   systemctl daemon-reload && systemctl enable --now ftl-sync.timer",
  ].join("\n");
  const shown = files.map(({ path, text }) => `# ${path}\n${text}`);
  return { text: [`${install}\n`, ...shown].join("\n"), json: { files } };
}

function iamText(
  values: SetupValues,
  { part, packages }: { part: string | undefined; packages: readonly PackageName[] },
): SetupText {
  const role = IAM_ROLES.find((known) => known === part);
  if (part !== undefined && role === undefined) {
    throw new UsageError(`ftl setup iam has no role ${quote(part)}`, {
      hint: `Its roles are ${IAM_ROLES.join(", ")}; without one it shows all of them`,
    });
  }
  const policies = (role === undefined ? IAM_ROLES : [role])
    .map((name) => ({ role: name, policy: iamPolicy(name, values, packages) }));
  // A single policy is for a file that the AWS CLI reads.
  const shown = role === undefined
    ? Object.fromEntries(policies.map(({ role, policy }) => [role, policy]))
    : policies[0]?.policy;
  return { text: `${JSON.stringify(shown, null, 2)}\n`, json: { policies } };
}
