/**
 * A machine with a real systemd as its init, in namespaces of its own: processes, mounts and control groups are
 * not those of the machine that runs the tests, the network is. It has a copy of `/etc`, a `/srv`, `/run` and
 * `/var/log` of its own, and only the units that a test gives it. Nothing of it is left when it ends.
 */
import { assertEquals } from "../assert.ts";
import { programLine, type Ran } from "../e2e/fleet.ts";
import { need } from "../required_program.ts";
import { TempFolder } from "../temp.ts";
import { until } from "../until.ts";

const INIT = "/lib/systemd/systemd";
const UNITS = "/etc/systemd/system";
const NAMESPACES = ["--mount", "--pid", "--fork", "--kill-child", "--ipc", "--uts"];

export const SYSTEMD = need("root, systemd, and the right to start it in namespaces", () => {
  try {
    Deno.statSync(INIT);
    if (Deno.uid() !== 0) return false;
    const script = "mount --make-rprivate / && mount -t cgroup2 cgroup2 /sys/fs/cgroup && " +
      "mkdir /run/o && mount -t overlay -o lowerdir=/run/o:/srv overlay /srv";
    const args = [...NAMESPACES, "--cgroup", "sh", "-c", `mount -t tmpfs tmpfs /run && ${script}`];
    return new Deno.Command("unshare", { args, stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
});

/**
 * Arguments: the machine's folder, the name of its control group, and folders with programs, which
 * `PrivateTmp=` would hide where they lie in `/tmp`.
 */
const BOOT = `
set -e
folder=$1 group=/sys/fs/cgroup/$2
shift 2
mount --make-rprivate /
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir "$group"
echo 0 > "$group/cgroup.procs"
mount --bind "$folder/srv" /srv
i=0
for program; do
  mkdir -p "/srv/program/$i"
  mount --bind "$program" "/srv/program/$i"
  i=$((i + 1))
done
mount -t overlay -o "lowerdir=/usr/local/bin,upperdir=$folder/bin,workdir=$folder/work" overlay /usr/local/bin
mount --bind "$folder/etc" /etc
mount -t tmpfs tmpfs /var/log
mkdir /var/log/nginx
[ ! -d /var/lib/nginx ] || mount -t tmpfs tmpfs /var/lib/nginx
mount -t tmpfs tmpfs /run
mkdir /run/lock
exec unshare --cgroup sh -c '
  umount /sys/fs/cgroup
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  mount -t proc proc /proc
  exec ${INIT} --system --unit=basic.target --log-target=null --show-status=no --default-standard-output=null
'`;

/** Takes away the control groups of a machine that has ended. Argument: the name of its own. */
const CLEAR = `
mount --make-rprivate /
mount -t cgroup2 cgroup2 /sys/fs/cgroup
find "/sys/fs/cgroup/$1" -depth -type d -exec rmdir {} +`;

export class SystemdMachine implements AsyncDisposable {
  readonly #folder = new TempFolder();
  readonly #group = this.#folder.path.slice(this.#folder.path.lastIndexOf("/") + 1);
  readonly #boot: Deno.ChildProcess;

  private constructor() {
    const programs = programLine().filter((word) => word.startsWith("/"));
    this.#prepare(programs);
    this.#boot = new Deno.Command("unshare", {
      args: [
        ...[...NAMESPACES, "sh", "-c", BOOT, "boot", this.#folder.path, this.#group],
        ...programs.map(folderOf),
      ],
      env: { PATH: Deno.env.get("PATH") ?? "", container: "ftl", SYSTEMD_UNIT_PATH: UNITS },
      clearEnv: true,
      stdin: "null",
      stdout: "null",
    }).spawn();
  }

  static async start(): Promise<SystemdMachine> {
    const machine = new SystemdMachine();
    await until(() => machine.#isUp(), "systemd");
    return machine;
  }

  #isUp(): boolean {
    const line = ["systemctl", "is-active", "--quiet", "basic.target"];
    return this.#init !== undefined && this.#enter(line).outputSync().success;
  }

  /** What boots: `/etc` without units, the targets that units name, and `ftl` at its place. */
  #prepare(programs: readonly string[]): void {
    for (const name of ["srv", "bin", "work"]) this.#folder.folder(name);
    const { success } = new Deno.Command("cp", { args: ["-a", "/etc", this.#folder.path] })
      .outputSync();
    assertEquals(success, true);
    Deno.removeSync(`${this.#folder.path}${UNITS}`, { recursive: true });
    for (const name of ["basic", "sysinit", "shutdown", "multi-user", "network-online", "timers"]) {
      this.write(`${UNITS}/${name}.target`, "[Unit]\nDefaultDependencies=no\n");
    }
    const line = programLine().map((word) => {
      const i = programs.indexOf(word);
      return i < 0 ? word : `/srv/program/${i}/${word.slice(folderOf(word).length + 1)}`;
    });
    this.#folder.write("bin/ftl", `#!/bin/sh\nexec ${line.join(" ")} "$@"\n`, 0o755);
  }

  /** The process of systemd, as the machine that runs the tests numbers it. */
  get #init(): string | undefined {
    const { pid } = this.#boot;
    try {
      return Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim() || undefined;
    } catch {
      return undefined;
    }
  }

  /** Writes a file below `/etc` or `/srv`. */
  write(path: string, text: string): void {
    this.#folder.write(path.slice(1), text, 0o644);
  }

  read(path: string): string {
    return Deno.readTextFileSync(`${this.#folder.path}${path}`);
  }

  /** The target of a link below `/srv`, or undefined. */
  link(path: string): string | undefined {
    try {
      return Deno.readLinkSync(`${this.#folder.path}${path}`);
    } catch {
      return undefined;
    }
  }

  /** Runs a program there, to its end. */
  async run(...line: string[]): Promise<Ran> {
    const { code, stdout, stderr } = await this.#enter(line).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  /** The same, but it must succeed. Returns its stdout without the last newline. */
  async ok(...line: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...line);
    assertEquals(code, 0, `${line.join(" ")}: exit ${code}\n${stderr}`);
    return stdout.replace(/\n$/, "");
  }

  #enter(line: readonly string[]): Deno.Command {
    const args = ["-t", this.#init ?? "", "-m", "-p", "-i", "-u", "-C", ...line];
    return new Deno.Command("nsenter", { args, stdin: "null" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // With it goes its child, the init, and with that every process there.
    this.#boot.kill("SIGKILL");
    await this.#boot.status;
    await until(() => this.#clear(), "the end of the machine's processes");
    this.#folder[Symbol.dispose]();
  }

  #clear(): boolean {
    const args = ["--mount", "sh", "-c", CLEAR, "clear", this.#group];
    return new Deno.Command("unshare", { args, stderr: "null" }).outputSync().success;
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
