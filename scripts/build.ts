/**
 * `deno task build [--target TARGET]... [--packages] [--runtime-from-npm] [--out FOLDER]`: builds one executable for
 * each target, and their checksums:
 *
 *     dist/ftl-<version>-linux-x86_64
 *     dist/ftl-<version>-linux-arm64
 *     dist/SHA256SUMS
 *
 * These are the targets `x86_64` and `aarch64`; `macos-arm64` and `macos-x86_64` are for the machines of developers;
 * `all` is all four. With `--packages` each executable for Linux is also packed for Debian and for Red Hat:
 *
 *     dist/ftl_<version>_amd64.deb
 *     dist/ftl-<version>-1.x86_64.rpm
 *
 * It bundles, compiles with `deno compile`, and runs the result if it can. The version comes from `deno.json`. With
 * `--runtime-from-npm` the same commit gives the same executables on every machine, and the same packages with the
 * same dpkg and rpm; with `--out` elsewhere the bundler names its files differently.
 */
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { bundle } from "./build/bundle.ts";
import { compile } from "./build/compile.ts";
import { findProgram, run } from "./build/process.ts";
import { makePackages, requirePackagers } from "./build/packages/packages.ts";
import { ownToolchain, toolchainFromNpm } from "./build/runtime.ts";
import { nameOfExecutable, type Target, TARGETS, targetsOf } from "./build/target.ts";

const ROOT = new URL("..", import.meta.url).pathname.replace(/\/$/, "");

/** The emulator for programs of another architecture, and the place of their libraries on Debian. */
const QEMU = "qemu-aarch64-static";
const QEMU_LIBRARIES = "/usr/aarch64-linux-gnu";

interface Settings {
  readonly targets: readonly Target[];
  readonly fromNpm: boolean;
  /** Whether packages are made of the executables for Linux. */
  readonly packages: boolean;
  readonly out: string;
}

/** Throws an Error with a message for the user. */
function parseSettings(args: string[]): Settings {
  const { values } = parseArgs({
    args,
    options: {
      "target": { type: "string", multiple: true },
      "runtime-from-npm": { type: "boolean", default: false },
      "packages": { type: "boolean", default: false },
      "out": { type: "string", default: `${ROOT}/dist` },
    },
  });
  return {
    targets: targetsOf(values.target),
    fromNpm: values["runtime-from-npm"],
    packages: values.packages,
    out: values.out,
  };
}

/** The version in `deno.json`. */
function readVersion(): string {
  return (JSON.parse(Deno.readTextFileSync(`${ROOT}/deno.json`)) as { version: string }).version;
}

interface Commit {
  /** The short name, with a mark if the tree differs from the commit. Undefined outside of a repository. */
  readonly name: string | undefined;
  /** Unix time in seconds. */
  readonly time: number;
}

async function readCommit(): Promise<Commit> {
  try {
    const [hash = "", time = "0"] =
      (await run(["git", "log", "-1", "--format=%h %ct", "--abbrev=12"], {
        cwd: ROOT,
      })).trim().split(" ");
    const changes = await run(["git", "status", "--porcelain", "--untracked-files=no"], {
      cwd: ROOT,
    });
    return { name: changes === "" ? hash : `${hash}-changed`, time: Number(time) };
  } catch {
    return { name: undefined, time: 0 };
  }
}

/** Gives the bundle's files one fixed time, because the time is embedded too. */
function setTimes(folder: string, seconds: number): void {
  for (const { name } of Deno.readDirSync(folder)) {
    Deno.utimeSync(`${folder}/${name}`, seconds, seconds);
  }
}

/** Runs the executable. Returns its version, or why it could not run. */
async function tryOut(path: string, target: Target): Promise<string> {
  const { system, architecture } = TARGETS[target];
  if (system !== Deno.build.os) return `not run: it is for ${system}`;
  if (architecture === Deno.build.arch) return (await run([path, "--version"])).trim();
  const qemu = target === "aarch64" ? await findProgram(QEMU) : undefined;
  if (qemu === undefined) return `not run: there is no ${QEMU} here`;
  for (const library of ["libc.so.6", "libgcc_s.so.1"]) {
    const needed = `${QEMU_LIBRARIES}/lib/${library}`;
    if (!isThere(needed)) return `not run: there is no ${needed} here`;
  }
  return `${(await run([qemu, "-L", QEMU_LIBRARIES, path, "--version"])).trim()}, by ${QEMU}`;
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function writeSums(out: string, version: string): void {
  const names = [...Deno.readDirSync(out)].map(({ name }) => name)
    .filter((name) => /^ftl[-_]/.test(name) && name.includes(version)).sort();
  const lines = names.map((name) => {
    const sum = createHash("sha256").update(Deno.readFileSync(`${out}/${name}`)).digest("hex");
    return `${sum}  ${name}\n`;
  });
  Deno.writeTextFileSync(`${out}/SHA256SUMS`, lines.join(""));
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

async function build({ targets, fromNpm, packages, out }: Settings): Promise<void> {
  if (packages) await requirePackagers();
  const version = readVersion();
  const commit = await readCommit();
  const work = `${out}/.build`;
  const entry = await bundle({ root: ROOT, folder: `${work}/bundle`, commit: commit.name });
  setTimes(entry.slice(0, entry.lastIndexOf("/")), commit.time);
  const toolchain = fromNpm ? await toolchainFromNpm(targets, `${work}/runtime`) : ownToolchain();
  for (const target of targets) {
    const output = `${out}/${nameOfExecutable(version, target)}`;
    await compile(toolchain, { entry, target, output });
    const megabytes = (Deno.statSync(output).size / 1e6).toFixed(1);
    say(`${output}: ${megabytes} MB, ${await tryOut(output, target)}`);
    const { system, architecture } = TARGETS[target];
    if (!packages || system !== "linux") continue;
    const license = Deno.readTextFileSync(`${ROOT}/LICENSE`);
    const packaging = { version, architecture, executable: output, time: commit.time, license };
    for (const path of await makePackages(packaging, out)) say(path);
  }
  writeSums(out, version);
}

if (import.meta.main) {
  try {
    await build(parseSettings(Deno.args));
  } catch (error) {
    const { message } = error as Error;
    const hint = message.includes("/denort-")
      ? "hint: If only an npm registry can be reached: deno task build --runtime-from-npm\n"
      : "";
    Deno.stderr.writeSync(new TextEncoder().encode(`build: ${message}\n${hint}`));
    Deno.exit(1);
  }
}
