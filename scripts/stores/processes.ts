/** The processes of a store. They end with it in any case. */

/** Milliseconds between SIGTERM and SIGKILL. */
const PATIENCE = 5000;

export class Processes implements AsyncDisposable {
  readonly #folder: string;
  readonly #running: Deno.ChildProcess[] = [];

  /** @param folder gets a log for each process */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Starts a server. Its output goes to `<name>.log`. */
  start(name: string, command: readonly string[], env: Record<string, string> = {}): void {
    const log = `${this.#folder}/${name}.log`;
    const shell = new Deno.Command("sh", {
      args: ["-c", 'log=$1; shift; exec "$@" > "$log" 2>&1', "sh", log, ...command],
      env,
      stdin: "null",
      cwd: this.#folder,
    });
    this.#running.push(shell.spawn());
  }

  /** Runs a program to its end and returns its stdout. If the program fails, throws with its stderr. */
  async run(command: readonly string[], seconds = 60): Promise<string> {
    const [program = "", ...args] = command;
    const { success, stdout, stderr } = await new Deno.Command(program, {
      args,
      cwd: this.#folder,
      stdin: "null",
      signal: AbortSignal.timeout(seconds * 1000),
    }).output();
    const decoder = new TextDecoder();
    if (success) return decoder.decode(stdout);
    throw new Error(`${command.join(" ")} failed: ${decoder.decode(stderr).trim().slice(-500)}`);
  }

  /** Waits until the server answers. If it does not, throws with the end of its log. */
  async waitFor(name: string, url: string, seconds = 60): Promise<void> {
    const end = Date.now() + seconds * 1000;
    while (Date.now() < end) {
      try {
        const answer = await fetch(url, { signal: AbortSignal.timeout(5000) });
        await answer.body?.cancel();
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    const log = await Deno.readTextFile(`${this.#folder}/${name}.log`).catch(() => "");
    throw new Error(`${name} did not answer within ${seconds} s: ${log.slice(-500)}`);
  }

  /** Ends the processes in the opposite order of their start. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.#running.reverse()) {
      const timer = setTimeout(() => end(process, "SIGKILL"), PATIENCE);
      end(process, "SIGTERM");
      await process.status;
      clearTimeout(timer);
    }
  }
}

function end(process: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    process.kill(signal);
  } catch {
    // It has ended by itself.
  }
}

/** A loopback port that is free now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Whether a program of that name can be found. */
export function isThere(program: string): boolean {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  return [...folders, "/usr/sbin", "/sbin"].some((folder) => {
    try {
      return Deno.statSync(`${folder}/${program}`).isFile;
    } catch {
      return false;
    }
  });
}
