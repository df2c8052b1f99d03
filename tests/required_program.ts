/**
 * Tests that need what not every machine has: a program, root, the right to mount. Where it is missing they
 * are skipped, and their names say what they lack: `deno task test` lists them at its end. With
 * `FTL_REQUIRE_TOOLS=1`, as CI sets it, nothing may be skipped: there they fail.
 */

/** Something that a machine may lack. */
export interface Need {
  /** What a name of a skipped test says: `needs root`. */
  readonly what: string;
  isMet(): boolean;
}

/** The right to mount file systems, in the namespace of the test. */
export const MOUNTING: Need = need("root and the right to mount", () => {
  if (Deno.uid() !== 0) return false;
  const folder = Deno.makeTempDirSync({ prefix: "ftl-test-mount-" });
  try {
    return succeeds("mount", "-t", "tmpfs", "tmpfs", folder) && succeeds("umount", folder);
  } finally {
    Deno.removeSync(folder);
  }
});

/** Mounting in a namespace of an ordinary user's own. */
export const USER_NAMESPACES: Need = need("user namespaces and the right to mount in them", () => {
  return succeeds("unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt");
});

export const ROOT: Need = need("root", () => Deno.uid() === 0);

/** strace, if it may trace. */
export const STRACE: Need = need("strace", () => succeeds("strace", "-o", "/dev/null", "true"));

/** A file system whose quota holds for root too. */
export const BTRFS: Need = need("Btrfs and its programs", () => {
  return isInstalled("mkfs.btrfs") && Deno.readTextFileSync("/proc/filesystems").includes("btrfs");
});

/** What is missing is looked for only once, and only when a test asks. */
export function need(what: string, isMet: () => boolean): Need {
  let met: boolean | undefined;
  return { what, isMet: () => met ??= isMet() };
}

/** A program on the PATH. */
export function program(name: string): Need {
  return need(name, () => isInstalled(name));
}

/**
 * A test that is skipped if one of its needs is not met: programs by their names, other needs as above.
 * With `FTL_REQUIRE_TOOLS=1` it fails there instead.
 */
export function testWith(
  needs: string | Need | readonly (string | Need)[],
  name: string,
  fn: (t: Deno.TestContext) => void | Promise<void>,
): void {
  const lacking = [needs].flat().map((one) => typeof one === "string" ? program(one) : one)
    .filter((one) => !one.isMet()).map(({ what }) => what).join(", ");
  if (lacking === "") Deno.test(name, fn);
  else if (Deno.env.get("FTL_REQUIRE_TOOLS") === "1") {
    Deno.test(name, () => {
      throw new Error(`This machine lacks ${lacking}, and FTL_REQUIRE_TOOLS=1 allows no skipping`);
    });
  } else Deno.test({ name: `${name} (needs ${lacking})`, ignore: true, fn });
}

/** The same, of the executable that `FTL_TEST_EXECUTABLE` names: from source there is nothing to test so. */
export function testExecutable(
  needs: string | Need | readonly (string | Need)[],
  name: string,
  fn: (t: Deno.TestContext) => void | Promise<void>,
): void {
  if (Deno.env.get("FTL_TEST_EXECUTABLE") !== undefined) testWith(needs, name, fn);
}

/** Whether it is on the PATH and can say its version. */
export function isInstalled(program: string): boolean {
  return succeeds(program, "--version") || succeeds(program, "version");
}

function succeeds(program: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}
