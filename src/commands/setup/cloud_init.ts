/**
 * User data for cloud-init: turns a bare machine into one that runs its packages
 * (https://cloudinit.readthedocs.io/en/latest/reference/modules.html). `installer` is long because its shell
 * script is easiest to read in one piece.
 */
import { UsageError } from "../../errors.ts";
import type { PackageName } from "../../revision/names.ts";
import { systemdFiles, TIMER } from "./systemd.ts";
import { ENV_FILE, EXECUTABLE, PLACEHOLDERS, type SetupFile, type SetupValues } from "./values.ts";
import { quote, shellWord } from "../../foreign_text.ts";

export interface CloudInitOptions {
  /** Each package gets a folder in the root. */
  readonly packages: readonly PackageName[];
  /** Where the executables are: `https://.../` or `s3://bucket/prefix`. A placeholder if not given. */
  readonly from: string | undefined;
  /** The text of `SHA256SUMS`. Placeholders if not given. */
  readonly sums: string | undefined;
  /** The version of the executable to install, if the sums do not name it. */
  readonly version: string;
}

const INSTALLER = "/usr/local/sbin/install-ftl";

/** The names that `uname -m` prints, and the endings of the files. */
const ARCHITECTURES = [
  { machine: "x86_64", suffix: "linux-x86_64" },
  { machine: "aarch64", suffix: "linux-arm64" },
];

/** Throws `UsageError` if the place or the sums are not valid. */
export function cloudInit(values: SetupValues, options: CloudInitOptions): string {
  const files: SetupFile[] = [
    ...systemdFiles(values),
    { path: INSTALLER, mode: "0755", text: installer(values, options) },
  ];
  return [
    "#cloud-config",
    "write_files:",
    ...files.flatMap(({ path, mode, text }) => [
      `  - path: ${path}`,
      `    permissions: "${mode}"`,
      "    content: |",
      ...text.trimEnd().split("\n").map((line) => line === "" ? "" : `      ${line}`),
    ]),
    "runcmd:",
    `  - [sh, ${INSTALLER}]`,
    "",
  ].join("\n");
}

/** The options that are missing, so that the text has placeholders for them. */
export function cloudInitPlaceholders({ from, sums }: CloudInitOptions): string[] {
  return [...(from === undefined ? ["--from"] : []), ...(sums === undefined ? ["--sums"] : [])];
}

/** The installer is one script, and so one long text. */
function installer({ root }: SetupValues, options: CloudInitOptions): string {
  const from = options.from === undefined
    ? PLACEHOLDERS.from
    : requirePlace(options.from).replace(/\/+$/, "");
  const download = from.startsWith("s3://")
    ? 'aws s3 cp --only-show-errors "$from/$file" "$new"'
    : 'curl --fail --silent --show-error --location --retry 5 --output "$new" "$from/$file"';
  const folders = options.packages.map((name) => shellWord(`${root}/${name}`));
  return `#!/bin/sh
# Installs ftl, checks its SHA-256, makes the packages' folders, syncs, and starts the timer.
set -eu

from=${shellWord(from)}
case "$(uname -m)" in
${architectureCases(options)}
  *)
    echo "install-ftl: there is no ftl for $(uname -m)" >&2
    exit 1
    ;;
esac
case "$from$sum" in
  *"<"*)
    echo "install-ftl: replace the placeholders for ftl's place and its SHA-256: $from, $sum" >&2
    exit 1
    ;;
esac

new=${EXECUTABLE}.new
${download}
if ! echo "$sum  $new" | sha256sum -c - > /dev/null; then
  rm -f "$new"
  echo "install-ftl: $from/$file is not the expected file: its SHA-256 differs" >&2
  exit 1
fi
chmod 0755 "$new"
mv -f "$new" ${EXECUTABLE}

# A folder tells ftl that this machine wants the package.
mkdir -p ${shellWord(root)}
${
    folders.length === 0
      ? `# mkdir -p ${shellWord(`${root}/my_site`)}`
      : folders.map((folder) => `mkdir -p ${folder}`).join("\n")
  }

# Nothing serves yet, so this sync has the usual priority. If it fails, the timer tries again.
(set -a && . ${ENV_FILE} && exec ${EXECUTABLE} sync) ||
  echo "install-ftl: the first sync failed" >&2
systemctl daemon-reload
systemctl enable --now ${TIMER}
`;
}

function architectureCases({ sums, version }: CloudInitOptions): string {
  return ARCHITECTURES.map(({ machine, suffix }) => {
    const placeholder = `ftl-${version}-${suffix}`;
    const { file, sum } = sums === undefined
      ? { file: placeholder, sum: `<sha256 of ${placeholder}>` }
      : findSum(suffix, sums);
    return `  ${machine})\n    file=${file}\n    sum=${shellWord(sum)}\n    ;;`;
  }).join("\n");
}

/** Finds the sum in lines that `sha256sum` wrote. */
function findSum(suffix: string, sums: string): { file: string; sum: string } {
  for (const line of sums.split("\n")) {
    const [, sum, file] =
      /^([0-9a-fA-F]{64}) [ *](?:.*\/)?(ftl-[A-Za-z0-9._+-]+)$/.exec(line.trim()) ??
        [];
    if (sum !== undefined && file?.endsWith(`-${suffix}`)) return { file, sum: sum.toLowerCase() };
  }
  throw new UsageError(`--sums has no sum of ftl-<version>-${suffix}`, {
    hint: `Give the text of SHA256SUMS: --sums "$(cat dist/SHA256SUMS)"`,
  });
}

function requirePlace(from: string): string {
  if (/^(https|s3):\/\/[A-Za-z0-9][A-Za-z0-9._~:\/@-]*$/.test(from)) return from;
  throw new UsageError(`--from is not a place to fetch ftl from: ${quote(from)}`, {
    hint: "Give a folder, as in https://downloads.example.com/ftl or s3://my-tools/ftl",
  });
}
