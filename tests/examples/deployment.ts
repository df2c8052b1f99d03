/** One package of `examples/` on a machine that `ftl setup systemd` set up, released by its fleet. */
import { assertEquals } from "../assert.ts";
import { Fleet, idOf } from "../e2e/fleet.ts";
import { TempFolder } from "../temp.ts";
import { SystemdMachine } from "./systemd_machine.ts";

export const EXAMPLES = new URL("../../examples", import.meta.url).pathname;

/** A port that nobody listens on. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

/** One example's package on its machine, whose port is another one than in the example. */
export class Deployment implements AsyncDisposable {
  readonly port = freePort();
  readonly #folder = new TempFolder();

  private constructor(
    readonly name: string,
    readonly fleet: Fleet,
    readonly machine: SystemdMachine,
  ) {}

  /** `machineFiles`: the example's files for the machine, with the place of each. */
  static async of(
    name: string,
    machineFiles: Readonly<Record<string, string>>,
    portFile: string,
  ): Promise<Deployment> {
    const made = new Deployment(name, await Fleet.start(), await SystemdMachine.start());
    const { machine } = made;
    const cp = new Deno.Command("cp", {
      args: ["-a", `${EXAMPLES}/${name}/package`, made.package],
    });
    assertEquals(cp.outputSync().success, true);
    made.change(portFile, (text) => text.replace(/\b808\d\b/, String(made.port)));
    for (const [file, place] of Object.entries(machineFiles)) {
      machine.write(place, Deno.readTextFileSync(`${EXAMPLES}/${name}/machine/${file}`));
    }
    await made.#setUpSync();
    await machine.ok("systemctl", "daemon-reload");
    return made;
  }

  /** As docs/getting-started.md does it. */
  async #setUpSync(): Promise<void> {
    const { machine, fleet } = this;
    const setup = (part: string): Promise<string> => fleet.ok(["setup", "systemd", part]);
    const secrets = Object.entries(fleet.env).filter(([key]) => key.startsWith("AWS_"));
    machine.write(
      "/etc/ftl.env",
      [
        await setup("env"),
        // What an instance has from its role.
        ...secrets.map(([key, value]) => `${key}=${value}`),
        "FTL_HEALTH_TIMEOUT=120",
        "HOME=/root",
        "",
      ].join("\n"),
    );
    machine.write("/etc/systemd/system/ftl-sync.service", await setup("service"));
    machine.write("/etc/systemd/system/ftl-sync.timer", await setup("timer"));
    // There is no journal.
    machine.write(
      "/etc/systemd/system/ftl-sync.service.d/log.conf",
      "[Service]\nStandardOutput=append:/srv/ftl-sync.log\nStandardError=append:/srv/ftl-sync.log\n",
    );
    machine.write(`/srv/ftl/${this.name}/.keep`, "");
  }

  get package(): string {
    return `${this.#folder.path}/package`;
  }

  change(file: string, how: (text: string) => string): void {
    const path = `${this.package}/${file}`;
    Deno.writeTextFileSync(path, how(Deno.readTextFileSync(path)));
  }

  /** Spools the package as it is now and blesses it. Returns the revision's id. */
  async release(): Promise<string> {
    const revision = await this.fleet.ok(["spool", this.package, "--name", this.name]);
    await this.fleet.bless(revision);
    return idOf(revision);
  }

  /** One run of the timer's service. Returns the exit code of `ftl sync`, and what is active then. */
  async sync(): Promise<[code: number, active: string | undefined]> {
    await this.machine.run("systemctl", "start", "ftl-sync.service");
    const link = this.machine.link(`/srv/ftl/${this.name}/current`);
    return [
      Number(await this.show("ftl-sync.service", "ExecMainStatus")),
      link?.replace("revs/", ""),
    ];
  }

  /** A property of a unit. */
  show(unit: string, property: string): Promise<string> {
    return this.machine.ok("systemctl", "show", "--value", `--property=${property}`, unit);
  }

  /** What the syncs printed. */
  get log(): string {
    return this.machine.read("/srv/ftl-sync.log");
  }

  /** A page, once somebody listens: after a way back nobody has asked for the old server's health. */
  async get(path: string): Promise<string> {
    for (const deadline = performance.now() + 60_000;;) {
      try {
        return await (await fetch(`http://127.0.0.1:${this.port}${path}`)).text();
      } catch (error) {
        if (!(error instanceof TypeError) || performance.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.machine[Symbol.asyncDispose]();
    await this.fleet[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }
}
