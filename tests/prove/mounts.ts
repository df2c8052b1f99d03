/** File systems of a test's own: small ones, ones that run out of inodes, ones that lose power. */

/** Whether this process may mount; with `FTL_REQUIRE_TOOLS=1`, as CI sets it, a test that cannot fails. */
export function canMount(): boolean {
  return Deno.uid() === 0 || Deno.env.get("FTL_REQUIRE_TOOLS") === "1";
}

export function run(program: string, ...args: string[]): void {
  const { success, stderr } = new Deno.Command(program, { args }).outputSync();
  if (!success) {
    const why = Deno.uid() === 0 ? "" : " (mounting takes root)";
    throw new Error(`${program} ${args.join(" ")}${why}: ${new TextDecoder().decode(stderr)}`);
  }
}

/** A file system that is mounted until it is disposed of. */
export class Mount implements Disposable {
  private constructor(readonly path: string) {}

  /** In memory. `options` as mount(8) has them for tmpfs. */
  static tmpfs(path: string, options: string): Mount {
    run("mount", "-t", "tmpfs", "-o", options, "tmpfs", path);
    return new Mount(path);
  }

  /** An image file by a loop device. */
  static image(image: string, path: string, options = "loop"): Mount {
    run("mount", "-o", options, image, path);
    return new Mount(path);
  }

  remount(options: string): void {
    run("mount", "-o", `remount,${options}`, this.path);
  }

  [Symbol.dispose](): void {
    run("umount", "--lazy", this.path);
  }
}
