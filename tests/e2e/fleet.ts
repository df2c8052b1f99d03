/**
 * The real command line in a process of its own, against the real server over a socket, with any number of
 * machines. `FTL_TEST_EXECUTABLE` names a compiled `ftl`, which is then tested instead of the source, or
 * `FTL_TEST_BUNDLE` the source in a few files of JavaScript, which start in less time: see `scripts/test.ts`.
 */
import { gzipSync, zstdCompressSync } from "node:zlib";
import { type Context, createContext, jumpMaster, spool } from "../../mod.ts";
import { assertEquals } from "../assert.ts";
import type { Bucket } from "../../src/bucket/bucket.ts";
import { openS3Bucket } from "../../src/bucket/s3/s3_bucket.ts";
import { useCredentials } from "../credentials.ts";
import { type S3Server, type S3ServerOptions, startS3Server } from "../s3_server/server.ts";
import { TempFolder } from "../temp.ts";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Variables added to the environment. Undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** What runs instead of the present `ftl`: a program and its first arguments. */
  readonly program?: readonly string[];
}

const BUCKET = "deploys";

const EXECUTABLE = Deno.env.get("FTL_TEST_EXECUTABLE");
const ENTRY = Deno.env.get("FTL_TEST_BUNDLE") ??
  new URL("../../mod.ts", import.meta.url).pathname;
export const PROGRAM = EXECUTABLE ?? Deno.execPath();
export const PROGRAM_ARGS = EXECUTABLE === undefined
  ? ["run", "--quiet", "--allow-all", ENTRY]
  : [];

/** The variables that a process needs to start, without the AWS settings of the person who runs the tests. */
const BARE_ENV: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["PATH", "HOME", "DENO_DIR", "DENO_TLS_CA_STORE", "XDG_CACHE_HOME", "TMPDIR"].flatMap(
      (name) => {
        const value = Deno.env.get(name);
        return value === undefined ? [] : [[name, value]];
      },
    ),
  ),
  USER: "tester",
  AWS_CONFIG_FILE: "/dev/null",
  AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  AWS_EC2_METADATA_DISABLED: "true",
  // From source, the runtime would check for updates, through the proxy of a test.
  DENO_NO_UPDATE_CHECK: "1",
};

/** One server and its machines. */
export class Fleet implements AsyncDisposable {
  private constructor(readonly server: S3Server, readonly folder: TempFolder) {}

  static async start(options: Partial<S3ServerOptions> = {}): Promise<Fleet> {
    const folder = new TempFolder();
    const server = await startS3Server({
      folder: folder.folder("s3"),
      buckets: [BUCKET],
      // No test cuts the server's power.
      durable: false,
      // Nobody may bless twice in one second: who tries waits for the next one.
      leapAfter: /\.rev$/,
      ...options,
    });
    return new Fleet(server, folder);
  }

  /** The variables of a developer: the bucket and credentials, no root. */
  get env(): Readonly<Record<string, string>> {
    return { ...BARE_ENV, ...this.server.env(BUCKET) };
  }

  /** The bucket itself, to look at its objects or to put some there without FTL. */
  bucket(): Bucket {
    const env = this.server.env(BUCKET);
    useCredentials(env);
    return openS3Bucket(BUCKET, env);
  }

  /** A machine that wants these packages. Its commands get these variables as well. */
  machine(
    name: string,
    packages: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Machine {
    return new Machine(this, this.folder.folder(name), packages, env);
  }

  /** Runs `ftl` as a developer would, without a root. */
  ftl(
    args: readonly string[],
    { env = {}, cwd = this.folder.path, ...more }: RunOptions = {},
  ): Promise<Ran> {
    return runProgram(args, { ...more, cwd, env: { ...this.env, ...env } });
  }

  /** The same, but it must succeed. Returns its stdout without the last newline. */
  async ok(args: readonly string[], options: RunOptions = {}): Promise<string> {
    return requireDone(args, await this.ftl(args, options));
  }

  /** Packs these files, and spools them: in this process, as many tests only need a revision to be there. */
  async spool(fileName: string, files: Readonly<Record<string, string>>): Promise<string> {
    const file = await this.pack(fileName, files);
    return (await spool(this.#context(), file)).revision;
  }

  /** The same by the command itself. */
  async spoolByCommand(
    fileName: string,
    files: Readonly<Record<string, string>>,
  ): Promise<string> {
    return await this.ok(["spool", await this.pack(fileName, files)]);
  }

  /** Blesses a revision for all machines. In this process, likewise. */
  async bless(revision: string): Promise<void> {
    await jumpMaster(this.#context(), revision);
  }

  #context(): Context {
    useCredentials(this.server.env(BUCKET));
    return createContext(this.env);
  }

  /**
   * Packs a folder of these files. The name decides the compression. Files that end in `.sh` become executable.
   */
  async pack(fileName: string, files: Readonly<Record<string, string>>): Promise<string> {
    using content = new TempFolder();
    for (const [name, text] of Object.entries(files)) {
      content.write(name, text, name.endsWith(".sh") ? 0o755 : 0o644);
    }
    const path = `${this.folder.path}/${fileName}`;
    const { success, stdout, stderr } = await new Deno.Command("tar", {
      args: ["-cf", "-", "-C", content.path, "."],
    }).output();
    assertEquals(success, true, new TextDecoder().decode(stderr));
    // Without tar, which would need programs that not every machine has.
    if (/gz$/.test(fileName)) Deno.writeFileSync(path, gzipSync(stdout));
    else if (/zst$/.test(fileName)) Deno.writeFileSync(path, zstdCompressSync(stdout));
    else Deno.writeFileSync(path, stdout);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
    this.folder[Symbol.dispose]();
  }
}

/** One machine: a root with a folder for each package that it wants. */
export class Machine {
  constructor(
    readonly fleet: Fleet,
    readonly root: string,
    packages: readonly string[],
    readonly env: Readonly<Record<string, string>> = {},
  ) {
    for (const name of packages) Deno.mkdirSync(`${root}/${name}`);
  }

  ftl(
    args: readonly string[],
    { env = {}, cwd = this.root, ...more }: RunOptions = {},
  ): Promise<Ran> {
    const whole = { FTL_ROOT: this.root, ...this.env, ...env };
    return this.fleet.ftl(args, { ...more, cwd, env: whole });
  }

  async ok(args: readonly string[], options: RunOptions = {}): Promise<string> {
    return requireDone(args, await this.ftl(args, options));
  }

  /** The target of a link, or undefined. */
  link(path: string): string | undefined {
    try {
      return Deno.readLinkSync(`${this.root}/${path}`);
    } catch {
      return undefined;
    }
  }

  read(path: string): string {
    return Deno.readTextFileSync(`${this.root}/${path}`);
  }

  /** The sorted names in a folder. Empty if the folder does not exist. */
  names(path: string): string[] {
    try {
      return [...Deno.readDirSync(`${this.root}/${path}`)].map(({ name }) => name).sort();
    } catch {
      return [];
    }
  }
}

/** The id in a revision's name. */
export function idOf(revision: string): string {
  return revision.slice(revision.indexOf(".") + 1);
}

export interface ProgramOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly program?: readonly string[];
}

/** Program and first arguments of `ftl`, for a shell's command line. */
export function programLine(): readonly string[] {
  return [PROGRAM, ...PROGRAM_ARGS];
}

/** Starts `ftl`, for a test that watches or kills it. */
export function startProgram(
  args: readonly string[],
  { cwd, env, program = programLine() }: ProgramOptions,
): Deno.ChildProcess {
  const [path = "", ...first] = program;
  const defined = Object.entries(env).filter(([, value]) => value !== undefined);
  return new Deno.Command(path, {
    args: [...first, ...args],
    cwd,
    env: Object.fromEntries(defined) as Record<string, string>,
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function runProgram(args: readonly string[], options: ProgramOptions): Promise<Ran> {
  const { code, stdout, stderr } = await startProgram(args, options).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

function requireDone(args: readonly string[], { code, stdout, stderr }: Ran): string {
  assertEquals(code, 0, `ftl ${args.join(" ")}: exit ${code}\n${stderr}`);
  return stdout.replace(/\n$/, "");
}
