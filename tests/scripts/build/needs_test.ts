/** What README.md and docs/operating.md say that an executable for Linux needs of its machine. */
import { Buffer } from "node:buffer";
import { assert, assertEquals, assertMatch } from "../../assert.ts";
import { PROGRAM } from "../../e2e/fleet.ts";
import { MOUNTING, testExecutable } from "../../required_program.ts";

/** Runs the executable in a shell that sets its surroundings. */
async function run(program: string, args: readonly string[]): Promise<[number, string]> {
  const { code, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  return [code, new TextDecoder().decode(stderr)];
}

testExecutable([], "an executable asks for no glibc newer than 2.27", async () => {
  const bytes = await Deno.readFile(PROGRAM);
  const text = Buffer.from(bytes.buffer);
  const minors = new Set<number>();
  for (let at = text.indexOf("GLIBC_2."); at >= 0; at = text.indexOf("GLIBC_2.", at + 1)) {
    const [, minor] = /^GLIBC_2\.(\d+)[\0.]/.exec(text.toString("latin1", at, at + 16)) ?? [];
    if (minor !== undefined) minors.add(Number(minor));
  }
  assertEquals(Math.max(...minors), 27);
});

testExecutable(
  [MOUNTING],
  "without /proc an executable ends with exit 1, and says so",
  async () => {
    const [code, said] = await run("unshare", [
      "-m",
      "sh",
      "-c",
      'umount -l /proc && exec "$0" --version',
      PROGRAM,
    ]);
    assertEquals(code, 1, said);
    assertMatch(said, /Is \/proc mounted\?/);
  },
);

testExecutable([], "a limited address space ends an executable with a trap", async () => {
  const [code] = await run("sh", ["-c", 'ulimit -c 0; ulimit -v 4000000; "$0" --version', PROGRAM]);
  assert(code === 133, `exit ${code}`);
});
