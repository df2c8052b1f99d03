/** File systems of a test's own: small ones, ones that run out of inodes, ones that lose power. */

/** Runs a program and returns its standard output. Throws an Error if it fails. */
export function run(program: string, ...args: string[]): string {
  const { success, stdout, stderr } = new Deno.Command(program, { args }).outputSync();
  if (!success) {
    const why = Deno.uid() === 0 ? "" : " (mounting takes root)";
    throw new Error(`${program} ${args.join(" ")}${why}: ${new TextDecoder().decode(stderr)}`);
  }
  return new TextDecoder().decode(stdout);
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

  static bind(from: string, path: string): Mount {
    run("mount", "--bind", from, path);
    return new Mount(path);
  }

  remount(options: string): void {
    run("mount", "-o", `remount,${options}`, this.path);
  }

  [Symbol.dispose](): void {
    run("umount", "--lazy", this.path);
  }
}

/** A subvolume of a new Btrfs, whose quota holds for root too. */
export class Quota implements Disposable {
  /** The quota group of the first subvolume. */
  static readonly #GROUP = "0/256";
  readonly #top: string;
  readonly #mounts: readonly Mount[];

  /** At `path`, on an image beside it that is gone with it. */
  constructor(path: string) {
    const image = `${path}.btrfs`;
    this.#top = `${path}.top`;
    Deno.mkdirSync(this.#top);
    Deno.writeFileSync(image, new Uint8Array());
    Deno.truncateSync(image, 128 * 1024 * 1024);
    run("mkfs.btrfs", "--quiet", image);
    const whole = Mount.image(image, this.#top);
    Deno.removeSync(image);
    try {
      run("btrfs", "quota", "enable", this.#top);
      run("btrfs", "subvolume", "create", `${this.#top}/root`);
      this.#mounts = [Mount.bind(`${this.#top}/root`, path), whole];
    } catch (error) {
      whole[Symbol.dispose]();
      throw error;
    }
  }

  /** Lets it take so many bytes more than it has now. */
  leave(bytes: number): void {
    const groups = run("btrfs", "qgroup", "show", "--raw", "--sync", this.#top);
    const used = new RegExp(`^${Quota.#GROUP} +([0-9]+)`, "m").exec(groups)?.[1];
    this.#limit(String(Number(used) + bytes));
  }

  lift(): void {
    this.#limit("none");
  }

  #limit(bytes: string): void {
    // By way of the whole, which the quota does not hold for: raising it takes a write.
    run("btrfs", "qgroup", "limit", bytes, Quota.#GROUP, this.#top);
  }

  [Symbol.dispose](): void {
    for (const mount of this.#mounts) mount[Symbol.dispose]();
  }
}
