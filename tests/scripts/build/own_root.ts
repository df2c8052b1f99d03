/**
 * A system to install things in: the files of this machine, over which lies what is changed, in memory. No service
 * runs there, as in a container or while an image is built.
 */
import { assertEquals } from "../../assert.ts";
import { type Need, need, ROOT } from "../../required_program.ts";
import { TempFolder } from "../../temp.ts";

const MOUNTS = `
set -e
mount -t tmpfs -o mode=755 tmpfs "$1"
mkdir "$1/changed" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/changed,workdir=$1/work" overlay "$1/root"
mount -t proc proc "$1/root/proc"
mount --rbind /dev "$1/root/dev"
mount --bind "$2" "$1/root/mnt"
`;

/** For tests that install what root alone may. */
export const OWN_ROOT: Need = need("root and the right to mount overlays", () => {
  if (!ROOT.isMet()) return false;
  using place = new TempFolder();
  return new Deno.Command("unshare", {
    args: ["--mount", "sh", "-c", MOUNTS, "sh", place.path, "/mnt"],
    stdout: "null",
    stderr: "null",
  }).outputSync().success;
});

export interface Done {
  readonly code: number;
  /** Both streams. */
  readonly said: string;
}

export class OwnRoot implements AsyncDisposable {
  readonly #place = new TempFolder();
  readonly #keeper: Deno.ChildProcess;

  private constructor(shared: string) {
    // It keeps the mounts, which are its own, until its input ends.
    this.#keeper = new Deno.Command("unshare", {
      args: [
        "--mount",
        "sh",
        "-c",
        `${MOUNTS}\necho mounted\nexec cat`,
        "sh",
        this.#place.path,
        shared,
      ],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
  }

  /** The folder `shared` of this machine is `/mnt` there. */
  static async start(shared: string): Promise<OwnRoot> {
    const root = new OwnRoot(shared);
    const reader = root.#keeper.stdout.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    assertEquals(new TextDecoder().decode(value), "mounted\n");
    return root;
  }

  /** Runs a line of the shell there. */
  async run(line: string): Promise<Done> {
    const root = `${this.#place.path}/root`;
    const { code, stdout } = await new Deno.Command("nsenter", {
      args: [
        `--mount=/proc/${this.#keeper.pid}/ns/mnt`,
        "chroot",
        root,
        "sh",
        "-c",
        `exec 2>&1; cd /; ${line}`,
      ],
      clearEnv: true,
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", DEBIAN_FRONTEND: "noninteractive" },
    }).output();
    return { code, said: new TextDecoder().decode(stdout).trim() };
  }

  /** The same, but it must succeed. Returns what it said. */
  async ok(line: string): Promise<string> {
    const { code, said } = await this.run(line);
    assertEquals(code, 0, `${line}: ${said}`);
    return said;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#keeper.stdin.close();
    await this.#keeper.status;
    this.#place[Symbol.dispose]();
  }
}
