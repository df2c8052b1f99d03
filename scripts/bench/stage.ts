/** The stage of a benchmark: a folder in memory, the server in a process of its own, and FTL. */
import { inParallel } from "../../src/concurrency/parallel.ts";
import type { Bucket } from "../../src/bucket/bucket.ts";
import { openS3Bucket } from "../../src/bucket/s3/s3_bucket.ts";
import type { LineOptions } from "./line.ts";
import { capture, type Program } from "./programs.ts";

const BUCKET = "bench";

export interface StageOptions {
  /** The folder for unpacked files and for the server's objects. Undefined: in memory, if possible. */
  readonly work: string | undefined;
  /** The executable to measure. Undefined for the source. */
  readonly ftl: string | undefined;
  /** A folder on a real disk, for file systems that are made there. */
  readonly disk: string;
  readonly say: (text: string) => void;
}

export class Stage implements AsyncDisposable {
  readonly #server: Deno.ChildProcess;
  readonly #unmount: () => void;

  private constructor(
    readonly folder: string,
    readonly ftlCommand: readonly string[],
    readonly url: string,
    readonly env: Readonly<Record<string, string>>,
    readonly disk: string,
    { server, unmount }: { server: Deno.ChildProcess; unmount: () => void },
  ) {
    this.#server = server;
    this.#unmount = unmount;
  }

  static async open({ work, ftl, disk, say }: StageOptions): Promise<Stage> {
    const { folder, unmount } = openWork(work, say);
    try {
      return await Stage.#start(folder, { unmount, ftl, disk });
    } catch (error) {
      unmount();
      throw error;
    }
  }

  static async #start(
    folder: string,
    { unmount, ftl, disk }: Pick<StageOptions, "ftl" | "disk"> & { readonly unmount: () => void },
  ): Promise<Stage> {
    const script = new URL("server.ts", import.meta.url).pathname;
    const entry = new URL("../../mod.ts", import.meta.url).pathname;
    const command = ftl === undefined
      ? [Deno.execPath(), "run", "--quiet", "--allow-all", entry]
      : [Deno.realPathSync(ftl)];
    const { process: server, line } = await startScript(script, [`${folder}/s3`, BUCKET]);
    const { url, env } = JSON.parse(line) as { url: string; env: Record<string, string> };
    const quiet = {
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      AWS_EC2_METADATA_DISABLED: "true",
      FTL_KEEP: "1",
    };
    return new Stage(folder, command, url, { ...env, ...quiet }, disk, { server, unmount });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await end(this.#server);
    this.#unmount();
  }

  /** The path of the program that is measured. Undefined for the source. */
  get executable(): string | undefined {
    const [program, ...more] = this.ftlCommand;
    return more.length === 0 ? program : undefined;
  }

  get serverPid(): number {
    return this.#server.pid;
  }

  /** A slow line to the server, in a process of its own. */
  async openLine(
    { bits, roundTrip }: LineOptions,
  ): Promise<{ url: string; close: () => Promise<void> }> {
    const script = new URL("line_proxy.ts", import.meta.url).pathname;
    const args = [new URL(this.url).host, String(bits), String(roundTrip)];
    const { process, line } = await startScript(script, args);
    return { url: line, close: () => end(process) };
  }

  /** `ftl`, on a machine or without a root. */
  ftl(args: readonly string[], root?: string): Program {
    const env = root === undefined ? this.env : { ...this.env, FTL_ROOT: root };
    return { command: [...this.ftlCommand, ...args], env };
  }

  spool(path: string): Promise<string> {
    return capture(this.ftl(["spool", path]));
  }

  /** A machine that wants these packages. */
  machine(name: string, packages: readonly string[], folder: string = this.folder): string {
    const root = `${folder}/${name}`;
    this.drop(root);
    for (const pkg of packages) Deno.mkdirSync(`${root}/${pkg}`, { recursive: true });
    return root;
  }

  drop(path: string): void {
    try {
      Deno.removeSync(path, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Removes all objects whose key begins with `prefix`. */
  async empty(prefix: string): Promise<void> {
    const bucket = this.#bucket();
    await bucket.removeMany((await bucket.list(prefix)).map(({ key }) => key));
  }

  /** Puts small objects: keys and texts. */
  async fill(objects: readonly (readonly [key: string, text: string])[]): Promise<void> {
    const bucket = this.#bucket();
    await inParallel(objects, { concurrency: 32 }, async ([key, text]) => {
      await bucket.put(key, text, { metadata: {} });
    });
  }

  #bucket(): Bucket {
    for (const [name, value] of Object.entries(this.env)) {
      if (name.startsWith("AWS_")) Deno.env.set(name, value);
    }
    return openS3Bucket(BUCKET, this.env);
  }

  async key(prefix: string): Promise<string> {
    const [object] = await this.#bucket().list(prefix);
    if (object === undefined) throw new Error(`nothing in the bucket begins with ${prefix}`);
    return object.key;
  }

  /** A `curl` command that writes an object to its stdout. `url`: of the server, or of a line to it. */
  curl(key: string, url: string = this.url): string {
    const { AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = this.env;
    return `curl -sSf --aws-sigv4 aws:amz:${AWS_REGION}:s3 ` +
      `--user ${AWS_ACCESS_KEY_ID}:${AWS_SECRET_ACCESS_KEY} ` +
      `-H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' ${url}/${BUCKET}/${key}`;
  }

  s3Url(key: string): string {
    return `s3://${BUCKET}/${key}`;
  }

  /** Bytes of objects that the server has sent since the last call of `requests`. Listings are not counted. */
  async bytesRead(): Promise<number> {
    const log = await (await fetch(`${this.url}/_ftl/log`)).json() as {
      operation: string;
      sent: number;
    }[];
    return log.filter(({ operation }) => operation === "GetObject")
      .reduce((sum, { sent }) => sum + sent, 0);
  }

  /** The number of requests since the last call. */
  async requests(): Promise<number> {
    const log = await (await fetch(`${this.url}/_ftl/log`)).json() as { operation: string }[];
    await (await fetch(`${this.url}/_ftl/log`, { method: "DELETE" })).body?.cancel();
    return log.filter(({ operation }) => operation !== "Control").length;
  }
}

/** Starts a script of this folder, and waits for the line that it prints. */
async function startScript(
  script: string,
  args: readonly string[],
): Promise<{ process: Deno.ChildProcess; line: string }> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", script, ...args],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const { value = "" } = await process.stdout.pipeThrough(new TextDecoderStream()).getReader()
    .read();
  return { process, line: value.trim() };
}

/** A Ctrl-C may have ended it before. */
async function end(process: Deno.ChildProcess): Promise<void> {
  try {
    process.kill("SIGTERM");
  } catch {
    // It has ended.
  }
  await process.status;
}

/** Not `/dev/shm`, whose paths FTL treats in another way. */
function openWork(
  work: string | undefined,
  say: (text: string) => void,
): { folder: string; unmount: () => void } {
  const folder = Deno.makeTempDirSync({
    prefix: "ftl-bench-",
    ...(work === undefined ? {} : { dir: work }),
  });
  const remove = (): void => Deno.removeSync(folder, { recursive: true });
  if (work !== undefined) return { folder, unmount: remove };
  const run = (program: string, args: string[]): boolean => {
    try {
      return new Deno.Command(program, { args, stderr: "null" }).outputSync().success;
    } catch {
      return false;
    }
  };
  if (run("mount", ["-t", "tmpfs", "-o", "size=90%", "tmpfs", folder])) {
    return {
      folder,
      unmount: () => {
        run("umount", ["--lazy", folder]);
        remove();
      },
    };
  }
  say(
    "only root may mount a memory disk: files are unpacked to the real disk, which is measured too",
  );
  return { folder, unmount: remove };
}
