/**
 * What the packages for Debian and Red Hat have in common: the files that they install, and what is done beside
 * them. The texts are those of `ftl setup systemd`, of `ftl completions` and of the manual page.
 */
import { basename } from "node:path";
import { gzipSync } from "node:zlib";
import { completionScript } from "../../../src/cli/completion/completion.ts";
import { systemdFiles, TIMER } from "../../../src/commands/setup/systemd.ts";
import { ENV_FILE, readSetupValues } from "../../../src/commands/setup/values.ts";
import { Config } from "../../../src/config.ts";
import { manualPage } from "../../reference/man.ts";
import type { Architecture } from "../target.ts";

export const SUMMARY = "deploys packages to machines, with S3 as the only server";
export const DESCRIPTION = [
  "A developer spools a tarball to S3; every machine syncs it down; a jump makes",
  "it the running version. There is no daemon: a timer starts ftl, and is off",
  "until somebody enables it.",
];
export { ENV_FILE };

/** What a package is made of. */
export interface Packaging {
  /** A version by semver.org, as in `deno.json`. */
  readonly version: string;
  readonly architecture: Architecture;
  /** The path of the executable for Linux. */
  readonly executable: string;
  /** Unix time in seconds: of everything in the package. */
  readonly time: number;
  /** The text of `LICENSE`. */
  readonly license: string;
}

/** Where families of distributions keep what they do not agree on. */
export interface Places {
  readonly zsh: string;
  readonly license: string;
}

export interface PackagedFile {
  /** The absolute path on the machine. */
  readonly path: string;
  readonly mode: number;
  readonly content: Uint8Array | { readonly from: string };
}

const EXECUTABLE = "/usr/bin/ftl";
const UNITS = "/usr/lib/systemd/system";

/** All files, in the order of their paths. */
export function packagedFiles(
  { version, executable, license }: Packaging,
  places: Places,
): PackagedFile[] {
  // Nothing of the environment of the build: the placeholders stay, and `ftl` refuses to run with them.
  const values = readSetupValues(new Config({}));
  const [env, ...units] = systemdFiles(values, { executable: EXECUTABLE });
  const files: PackagedFile[] = [
    { path: EXECUTABLE, mode: 0o755, content: { from: executable } },
    textFile("/usr/share/bash-completion/completions/ftl", `${completionScript("bash")}\n`),
    textFile("/usr/share/fish/vendor_completions.d/ftl.fish", `${completionScript("fish")}\n`),
    textFile(`${places.zsh}/_ftl`, `${completionScript("zsh")}\n`),
    {
      path: "/usr/share/man/man1/ftl.1.gz",
      mode: 0o644,
      content: gzipSync(manualPage(version), { level: 9 }),
    },
    textFile(places.license, license),
    ...units.map(({ path, text }) => textFile(`${UNITS}/${basename(path)}`, text)),
    // Keys may be put there.
    { ...textFile(ENV_FILE, env.text), mode: 0o640 },
  ];
  return files.sort((left, right) => left.path < right.path ? -1 : 1);
}

function textFile(path: string, text: string): PackagedFile {
  return { path, mode: 0o644, content: new TextEncoder().encode(text) };
}

/**
 * Writes the files below a folder, as they lie on a machine. The modes are those of the files, whatever the umask;
 * all of it has the time of the package.
 */
export function stage(files: readonly PackagedFile[], folder: string, time: number): void {
  for (const { path, mode, content } of files) {
    const target = `${folder}${path}`;
    Deno.mkdirSync(target.slice(0, target.lastIndexOf("/")), { recursive: true });
    if (content instanceof Uint8Array) Deno.writeFileSync(target, content);
    else Deno.copyFileSync(content.from, target);
    Deno.chmodSync(target, mode);
  }
  settle(folder, time);
}

/** Gives folders their mode, and everything its time: last of all what is above. */
function settle(folder: string, time: number): void {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) settle(`${folder}/${name}`, time);
    else Deno.utimeSync(`${folder}/${name}`, time, time);
  }
  Deno.chmodSync(folder, 0o755);
  Deno.utimeSync(folder, time, time);
}

/**
 * What runs after the files have changed, and before they go. No timer is enabled: that is done by whoever has
 * filled in the variables. The last lines leave nothing behind that would start a program that is gone.
 */
export const RELOAD = `if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
fi`;
export const DISABLE = `if command -v systemctl > /dev/null; then
  systemctl --no-reload disable ${TIMER} > /dev/null 2>&1 || true
fi
if [ -d /run/systemd/system ]; then
  systemctl stop ${TIMER} || true
fi`;
