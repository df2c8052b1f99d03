/** Where and how the programs of a case run: on which file system and cores, over which line, beside what. */
import { Unavailable } from "./case.ts";
import { availableCores, pin, pinProcess, planCores, startBusyLoops } from "./cores.ts";
import { dropCaches, type FileSystem, flush, mountImage } from "./disks.ts";
import type { LineOptions } from "./line.ts";
import { capture, pipeline, type Program } from "./programs.ts";
import type { Stage } from "./stage.ts";

export interface PlaceOptions {
  /** How many cores the programs may use. Undefined: all, and the server too. */
  readonly cores?: number;
  /** Processes that only run, on the same cores. */
  readonly busy?: number;
  /** A file system of its own on the real disk. Undefined: in memory. */
  readonly fileSystem?: FileSystem;
  /** Before each run nothing of a file is cached but the program itself. */
  readonly isCold?: boolean;
  readonly line?: LineOptions;
}

export class Place {
  readonly #stage: Stage;
  readonly #options: PlaceOptions;
  readonly #cores: string | undefined;
  readonly #endings: readonly (() => void | Promise<void>)[];

  private constructor(
    stage: Stage,
    options: PlaceOptions,
    readonly folder: string,
    /** Of the server, as the programs see it. */
    readonly url: string,
    { cores, endings }: { cores: string | undefined; endings: (() => void | Promise<void>)[] },
  ) {
    this.#stage = stage;
    this.#options = options;
    this.#cores = cores;
    this.#endings = endings;
  }

  /** @throws Unavailable if this machine has no such place */
  static async open(stage: Stage, options: PlaceOptions): Promise<Place> {
    const endings: (() => void | Promise<void>)[] = [];
    let [folder, url] = [stage.folder, stage.url];
    let cores: string | undefined;
    try {
      if (options.cores !== undefined) {
        cores = useCores(stage, options.cores);
        endings.push(() => pinProcess(stage.serverPid, availableCores().join(",")));
      }
      if (options.fileSystem !== undefined) {
        const mounted = mountImage(options.fileSystem, stage.disk);
        folder = mounted.folder;
        endings.push(mounted.unmount);
      }
      if (options.isCold === true) dropCaches();
      if (options.line !== undefined) {
        const line = await stage.openLine(options.line);
        url = line.url;
        endings.push(line.close);
      }
      if (options.busy !== undefined) endings.push(startBusyLoops(options.busy, cores ?? "0"));
    } catch (error) {
      await endAll(endings.reverse());
      throw error;
    }
    return new Place(stage, options, folder, url, { cores, endings: endings.reverse() });
  }

  close(): Promise<void> {
    return endAll(this.#endings);
  }

  /** The program as it runs here. */
  program(program: Program): Program {
    const here = { ...program, env: { ...program.env, AWS_ENDPOINT_URL_S3: this.url } };
    return this.#cores === undefined ? here : pin(here, this.#cores);
  }

  ftl(args: readonly string[], root?: string): Program {
    return this.program(this.#stage.ftl(args, root));
  }

  pipeline(text: string, env: Readonly<Record<string, string>> = {}): Program {
    const command = pipeline(text);
    return this.program({ command, env: { ...this.#stage.env, ...env }, isPipeline: true });
  }

  /** A machine that wants these packages. */
  machine(name: string, packages: readonly string[]): string {
    return this.#stage.machine(name, packages, this.folder);
  }

  /** Right before a run that is measured. */
  async beforeRun(): Promise<void> {
    if (this.#options.isCold !== true) return;
    dropCaches();
    // A machine on which a timer starts FTL each minute has the program cached.
    const programs = [...this.#stage.ftlCommand.slice(0, 1), "/bin/sh"];
    await capture({ command: pipeline(`cat ${programs.join(" ")} > /dev/null`) });
    await capture(this.#stage.ftl(["--version"]));
  }

  /** Removes a folder for good, so that the next run does not wait for the disk. */
  drop(path: string): void {
    this.#stage.drop(path);
    if (this.#options.fileSystem !== undefined) flush(this.folder);
  }
}

/** All of them, also if one fails: what stays mounted or bound would change what is measured next. */
async function endAll(endings: readonly (() => void | Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const end of endings) {
    try {
      await end();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

/** Binds the server, and gives the cores of the programs. */
function useCores(stage: Stage, wanted: number): string {
  const available = availableCores();
  if (available.length < wanted) {
    throw new Unavailable(`it needs ${wanted} cores, and here are ${available.length}`);
  }
  const plan = planCores(wanted, available);
  pinProcess(stage.serverPid, plan.server);
  return plan.program;
}
