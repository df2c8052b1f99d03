/** File systems that are made for the benchmark, in an image on the real disk, and caches that are emptied. */
import { Unavailable } from "./case.ts";

export type FileSystem = "ext4" | "xfs";

export interface MountedImage {
  readonly folder: string;
  readonly unmount: () => void;
}

/** The image has holes: it takes as much of the disk as is written to it. */
const SIZE = "8G";

/** What makes a file system whose own threads do nothing while something is measured. */
const MKFS: Readonly<Record<FileSystem, readonly string[]>> = {
  ext4: ["-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"],
  xfs: ["-q", "-f"],
};

/**
 * Makes and mounts an empty file system whose image lies in a folder of `disk`. A flush of it is one of the real
 * disk: the image is not cached twice.
 *
 * @param disk a folder on a real disk
 * @throws Unavailable for others than root, and where a tool or a loop device is missing
 */
export function mountImage(kind: FileSystem, disk: string): MountedImage {
  if (Deno.uid() !== 0) throw new Unavailable("only root may mount an image of a file system");
  if (isInMemory(disk)) throw new Unavailable(`${disk} is in memory: name a disk with --disk`);
  const lab = Deno.makeTempDirSync({ dir: disk, prefix: `ftl-bench-${kind}-` });
  const [image, folder] = [`${lab}/image`, `${lab}/mounted`];
  const remove = (): void => Deno.removeSync(lab, { recursive: true });
  let device: string | undefined;
  try {
    Deno.mkdirSync(folder);
    run("truncate", ["-s", SIZE, image]);
    run(`mkfs.${kind}`, [...MKFS[kind], image]);
    device = attach(image);
    run("mount", ["-o", "noatime", device, folder]);
  } catch (error) {
    if (device !== undefined) run("losetup", ["-d", device]);
    remove();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Unavailable(`no ${kind} of its own: ${reason}`);
  }
  const attached = device;
  return {
    folder,
    unmount: () => {
      try {
        run("umount", [folder]);
      } catch {
        // A program that was stopped a moment ago may still hold it.
        run("umount", ["--lazy", folder]);
      }
      run("losetup", ["-d", attached]);
      remove();
    },
  };
}

/** An image there would be flushed to nothing. */
function isInMemory(folder: string): boolean {
  return /^(tmpfs|ramfs)$/m.test(run("df", ["--output=fstype", folder]));
}

function attach(image: string): string {
  const args = ["--find", "--show"];
  try {
    return run("losetup", ["--direct-io=on", ...args, image]);
  } catch {
    // The file system of the image has no direct access: the image is cached, a flush still reaches the disk.
    return run("losetup", [...args, image]);
  }
}

/**
 * Writes what is not written yet and forgets all that is cached of files.
 * @throws Unavailable for others than root
 */
export function dropCaches(): void {
  run("sync", []);
  try {
    Deno.writeTextFileSync("/proc/sys/vm/drop_caches", "3\n");
  } catch (error) {
    throw new Unavailable(
      `caches cannot be emptied: ${error instanceof Error ? error.message : ""}`,
    );
  }
}

/** Waits until the disk has what was written to the file system of this folder. */
export function flush(folder: string): void {
  run("sync", ["-f", folder]);
}

function run(program: string, args: readonly string[]): string {
  const { success, stdout, stderr } = new Deno.Command(program, { args: [...args], stdin: "null" })
    .outputSync();
  const decoder = new TextDecoder();
  if (!success) {
    const [line = ""] = decoder.decode(stderr).trim().split("\n");
    throw new Error(line === "" ? `${program} failed` : line);
  }
  return decoder.decode(stdout).trim();
}
