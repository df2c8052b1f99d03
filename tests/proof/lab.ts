/** A server, a machine, and `ftl` on it: as processes that can be killed, and in this process to be quick. */
import { type Context, createContext, spool, type Spooled } from "../../mod.ts";
import type { Bucket } from "../../src/bucket/bucket.ts";
import { Fleet, type Machine, programLine, type Ran } from "../e2e/fleet.ts";
import type { S3ServerOptions } from "../s3_server/server.ts";
import { aPerson } from "../trust/people.ts";
import { FastForward } from "./fast_forward.ts";
import { PRELOADED } from "./preloaded.ts";
import type { Archive } from "./site.ts";

export interface LaunchOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A step to be killed at, as `published:2`. */
  readonly killAt?: string;
  /** Its main thread is killed after so many writes to the disk. */
  readonly killWrite?: number;
  /** How much faster its clock runs. */
  readonly clock?: number;
  /** A program, with its first arguments, that runs `ftl` by the arguments that follow. */
  readonly through?: readonly string[];
}

export class Lab implements AsyncDisposable {
  readonly machine: Machine;
  /** By the archive's SHA-256. */
  readonly archives = new Map<string, Archive>();
  #copies = 0;
  #signing: Readonly<Record<string, string>> = {};

  private constructor(readonly fleet: Fleet, packages: readonly string[]) {
    this.machine = fleet.machine("web", packages);
    fleet.bucket();
  }

  static async start(
    packages: readonly string[],
    options: Partial<S3ServerOptions> = {},
  ): Promise<Lab> {
    return new Lab(await Fleet.start(options), packages);
  }

  get root(): string {
    return this.machine.root;
  }

  get bucket(): Bucket {
    return this.fleet.bucket();
  }

  get env(): Readonly<Record<string, string>> {
    return {
      ...this.fleet.env,
      FTL_ROOT: this.root,
      FTL_MACHINE: `i-0abcdef0123456${this.#copies}`,
      ...this.#signing,
    };
  }

  /** From now on all that is spooled and blessed is signed, and the machine trusts nothing else. */
  beginSigning(): void {
    if (this.#signing["FTL_SIGN_KEY"] !== undefined) return;
    const { privateKey: FTL_SIGN_KEY, publicKey: FTL_TRUST } = aPerson("dev@example.com");
    this.#signing = { FTL_SIGN_KEY, FTL_TRUST };
  }

  /** From now on it is another machine, with a copy of the disk. Its scripts have told nothing yet. */
  becomeCopy(): void {
    this.#copies++;
    Deno.removeSync(`${this.root}/../told`);
  }

  /** For commands in this process. `later` in milliseconds: by a clock that is ahead. */
  context(
    { root = this.root, later = 0, env = {} }: {
      root?: string;
      later?: number;
      env?: Readonly<Record<string, string>>;
    } = {},
  ): Context {
    const context = createContext({ ...this.env, FTL_ROOT: root, ...env });
    return { ...context, now: () => Date.now() + later };
  }

  /** Writes the archive to a file that can be spooled, and knows it from now on. */
  file(archive: Archive): string {
    this.archives.set(archive.sha256, archive);
    return this.fleet.folder.write(`files/${archive.fileName}`, archive.bytes);
  }

  async spool(archive: Archive): Promise<Spooled> {
    return await spool(this.context(), this.file(archive));
  }

  /** The name of the revision that a link of the package leads to. */
  linked(name: "current" | "previous", packageName = "site"): string | undefined {
    return this.machine.link(`${packageName}/${name}`)?.replace("revs/", `${packageName}.`);
  }

  launch(args: readonly string[], options: LaunchOptions = {}): Deno.ChildProcess {
    const { env = {}, killAt, killWrite, clock, through = [] } = options;
    const special = (killAt ?? killWrite ?? clock) !== undefined;
    const whole = {
      ...this.env,
      ...(killAt === undefined ? {} : { PROVE_KILL_AT: killAt }),
      ...(killWrite === undefined ? {} : { PROVE_KILL_WRITE: String(killWrite) }),
      ...(clock === undefined ? {} : { PROVE_CLOCK: String(clock) }),
      ...(special ? { PROVE_AHEAD: String(FastForward.ahead) } : {}),
      ...env,
    };
    const own = special ? PRELOADED : ownProgram();
    const [first = "", ...others] = [...through, ...own, ...args];
    return new Deno.Command(first, {
      args: others,
      cwd: this.root,
      env: Object.fromEntries(Object.entries(whole).filter(([, v]) => v !== undefined)) as Record<
        string,
        string
      >,
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  async run(args: readonly string[], options: LaunchOptions = {}): Promise<Ran> {
    const { code, stdout, stderr } = await this.launch(args, options).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fleet[Symbol.asyncDispose]();
  }
}

/** An executable that `deno task prove --ftl` names, or FTL as it lies here. */
function ownProgram(): readonly string[] {
  const executable = Deno.env.get("PROVE_FTL");
  return executable === undefined ? programLine() : [executable];
}

/** What a harness has done: names and numbers for the page of figures. */
export type Figures = Readonly<Record<string, number | string>>;
