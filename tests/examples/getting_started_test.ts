/**
 * The first hour of `docs/getting-started.md`, as a person types it: the commands of its steps, in one shell, and two
 * machines that do with its user data what cloud-init does. S3 is the project's server, asked by the real `aws`. What
 * only AWS has, IAM and EC2, answers from a table: that its commands are right was tried by hand, on moto.
 */
import { parse } from "@std/yaml";
import manifest from "../../deno.json" with { type: "json" };
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { Fleet, programLine } from "../e2e/fleet.ts";
import { testWith } from "../required_program.ts";
import { TempFolder } from "../temp.ts";
import { until } from "../until.ts";
import { SYSTEMD, SystemdMachine } from "./systemd_machine.ts";

const PAGE = Deno.readTextFileSync(new URL("../../docs/getting-started.md", import.meta.url));
const REGION = "eu-central-1";
const IDS = ["i-0aaa", "i-0bbb"];

/** The commands of a step, block by block. */
function blocksOf(step: number): string[] {
  const [, text = ""] = PAGE.split(new RegExp(`^## ${step}\\. `, "m"));
  const [own = ""] = text.split(/^## /m);
  return [...own.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = ""]) => block);
}

/** One shell that is given block after block. It ends at the first command that fails. */
class Shell implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;
  /** What all commands printed. */
  printed = "";
  #blocks = 0;
  #ended = false;

  constructor(cwd: string, env: Record<string, string>) {
    this.#child = new Deno.Command("bash", {
      args: ["-c", "exec bash -e 2>&1"],
      cwd,
      env,
      clearEnv: true,
      detached: true,
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#reading = this.#read();
  }

  async #read(): Promise<void> {
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      this.printed += text;
    }
    this.#ended = true;
  }

  /** Runs a block. `meanwhile` is what others do while it runs. */
  async run(block: string, meanwhile?: () => Promise<void>): Promise<void> {
    const mark = `(end of block ${++this.#blocks})\n`;
    await this.#input.write(new TextEncoder().encode(`${block}printf "${mark}"\n`));
    const end = until(() => this.#ended || this.printed.includes(mark), mark);
    await Promise.all([end, meanwhile?.()]);
    assert(this.printed.includes(mark), this.printed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A test that has failed leaves a command that waits for machines: it ends with its shell.
    await this.#input.close().catch(() => {});
    try {
      Deno.kill(-this.#child.pid, "SIGKILL");
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await this.#child.status;
    await this.#reading;
  }
}

/** The programs that the page's commands need, in a folder for the PATH. Returns it. */
function programs(folder: TempFolder, s3: string): string {
  const real = Deno.env.get("PATH")?.split(":").map((path) => `${path}/aws`).find(isFile);
  const script = (name: string, text: string): string => {
    return folder.write(`bin/${name}`, `#!/bin/sh\n${text}\n`, 0o755);
  };
  script(
    "aws",
    `case "$1 $2" in
  s3*) exec ${real} --endpoint-url ${s3} "$@" ;;
  "sts get-caller-identity") echo 123456789012 ;;
  "ec2 run-instances") printf '${IDS.join("\\t")}\\n' ;;
  "ec2 terminate-instances") [ "$*" = "ec2 terminate-instances --instance-ids ${IDS.join(" ")}" ] ;;
esac`,
  );
  script("ftl", `exec ${programLine().join(" ")} "$@"`);
  // The executables lie there already, and the system keeps its own /usr/local/bin.
  script("npx", "");
  script("sudo", `[ $# = 5 ] && test -f "$4"`);
  return `${folder.path}/bin`;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** What `deno task build` leaves: here a script for each architecture, as each runs the same source. */
async function build(clone: string, executable: string): Promise<void> {
  const names = ["x86_64", "arm64"].map((name) => `ftl-${manifest.version}-linux-${name}`);
  Deno.mkdirSync(`${clone}/dist`, { recursive: true });
  for (const name of names) Deno.writeTextFileSync(`${clone}/dist/${name}`, executable);
  const args = ["-c", `cd "$0/dist" && sha256sum ${names.join(" ")} > SHA256SUMS`, clone];
  const { success } = await new Deno.Command("sh", { args }).output();
  assertEquals(success, true);
}

interface UserData {
  readonly write_files: readonly { readonly path: string; readonly content: string }[];
  readonly runcmd: readonly (readonly string[])[];
}

/** Does what cloud-init does with the user data. `id` and `secrets` are what EC2 gives an instance. */
async function boot(
  machine: SystemdMachine,
  userData: string,
  { id, secrets, path }: { id: string; secrets: readonly string[]; path: string },
): Promise<void> {
  const { write_files: files, runcmd } = parse(userData) as UserData;
  const installer = "/usr/local/sbin/install-ftl";
  assertEquals(runcmd, [["sh", installer]]);
  const given = [...secrets, `FTL_MACHINE=${id}`, "HOME=/root", ""].join("\n");
  for (const file of files) {
    // Of /usr/local only bin/ is the machine's own.
    const place = file.path === installer ? "/srv/install-ftl" : file.path;
    machine.write(place, file.path === "/etc/ftl.env" ? file.content + given : file.content);
  }
  await machine.ok("env", ...secrets, `PATH=${path}`, "sh", "/srv/install-ftl");
}

testWith(
  [SYSTEMD, "aws"],
  "the first hour of docs/getting-started.md: two machines follow a bucket, and all of it is taken away",
  async () => {
    await using fleet = await Fleet.start({ region: REGION });
    using folder = new TempFolder();
    const path = `${programs(folder, fleet.server.url)}:${Deno.env.get("PATH")}`;
    const home = folder.folder("home");
    const env: Record<string, string> = {
      ...fleet.env,
      // Version 1 of the AWS CLI asks only for this one.
      AWS_DEFAULT_REGION: REGION,
      ...{ HOME: home, DENO_DIR: denoFolder(), PATH: path },
    };
    delete env["FTL_BUCKET"];
    const secrets = Object.entries(env).filter(([name]) => /^(AWS|DENO)_/.test(name))
      .map(([name, value]) => `${name}=${value}`);
    const machines = await Promise.all(IDS.map(() => SystemdMachine.start()));
    try {
      const executable = await machines[0]?.ok("cat", "/usr/local/bin/ftl") ?? "";
      await build(folder.path, `${executable}\n`);
      for (const machine of machines) await machine.ok("rm", "/usr/local/bin/ftl");
      await using shell = new Shell(folder.path, env);
      for (const block of [1, 2, 3].flatMap(blocksOf)) await shell.run(block);
      assertStringIncludes(shell.printed, "ok    S3 bless       may bless\n");

      const ids = `${home}/first-fleet/machines.txt`;
      const started = async (): Promise<void> => {
        await until(() => isFile(ids) && Deno.statSync(ids).size > 0, ids);
        const userData = Deno.readTextFileSync(`${home}/first-fleet/user-data.yaml`);
        await Promise.all(machines.map((machine, i) => {
          return boot(machine, userData, { id: IDS[i] ?? "", secrets, path });
        }));
      };
      const [launch = "", ...wait] = blocksOf(4);
      await shell.run(launch, started);
      for (const block of [...wait, "ftl fleet my_site\n"]) await shell.run(block);
      for (const [i, machine] of machines.entries()) {
        assertEquals(pageOf(machine), "<h1>Hello</h1>\n");
        assertEquals(await machine.ok("systemctl", "is-active", "ftl-sync.timer"), "active");
        assertStringIncludes(shell.printed, `${IDS[i]}\t`);
      }

      const timers = async (): Promise<void> => {
        await until(() => shell.printed.includes(": blessed, was my_site."), "the blessing");
        await Promise.all(machines.map((machine) => {
          return machine.ok("systemctl", "start", "ftl-sync.service");
        }));
      };
      for (const block of blocksOf(5)) await shell.run(block, timers);
      assertEquals(machines.map(pageOf), ["<h1>Welcome</h1>\n", "<h1>Welcome</h1>\n"]);
      assertStringIncludes(shell.printed, "my_site: 2 of 2 machines run what they should\n");

      await endAll(machines);
      for (const block of blocksOf(6)) await shell.run(block);
      assertStringIncludes(shell.printed, "remove_bucket: my-deploys-123456789012\n");
      assertEquals([...Deno.readDirSync(home)].map(({ name }) => name), []);
    } finally {
      await endAll(machines);
    }
  },
);

/** Where Deno keeps its modules: with a HOME of its own, a process from source would fetch them again. */
function denoFolder(): string {
  return Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`;
}

function pageOf(machine: SystemdMachine): string {
  return machine.read("/srv/ftl/my_site/current/index.html");
}

async function endAll(machines: SystemdMachine[]): Promise<void> {
  await Promise.all(machines.splice(0).map((machine) => machine[Symbol.asyncDispose]()));
}
