/** Tests that need a program which not every machine has. */

/**
 * A test that is ignored where the program is not installed; with `FTL_REQUIRE_TOOLS=1`, as CI sets it, it
 * fails there instead.
 */
export function testWith(program: string, name: string, fn: () => void | Promise<void>): void {
  const required = Deno.env.get("FTL_REQUIRE_TOOLS") === "1";
  Deno.test({ name, ignore: !required && !isInstalled(program), fn });
}

/** Whether it is on the PATH and can say its version. */
export function isInstalled(program: string): boolean {
  try {
    return new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}
