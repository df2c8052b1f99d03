/** Help and version: on stdout, and as documents. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { type Document, readDocument } from "../documents.ts";
import { Fleet } from "./fleet.ts";

Deno.test("help and version have documents", async () => {
  await using fleet = await Fleet.start();
  const document = async (name: string, ...args: string[]): Promise<Document> =>
    readDocument(name, await fleet.ok([...args, "--json"]));
  const { version, arch } = await document("version", "--version");
  assertStringIncludes(await fleet.ok(["--version"]), `ftl ${version} (`);
  assertMatch(arch, /^(x86_64|aarch64)$/);
  const { commands, exitCodes } = await document("help", "help");
  assert(commands.some(({ name }: { name: string }) => name === "jump-back"));
  assert(exitCodes.some(({ code }: { code: number }) => code === 7));
  const about = await document("help", "help", "jump");
  assertEquals(about, await document("help", "jump", "--help"));
  assertEquals([about.about, about.usage[0]], ["jump", "ftl jump REVISION [--stay]"]);
});

Deno.test("help and version go to stdout and exit 0", async () => {
  await using fleet = await Fleet.start();
  for (const args of [[], ["help"], ["--help"]]) {
    assertMatch(await fleet.ok(args), /^Usage: ftl COMMAND/m);
  }
  for (const args of [["help", "jump"], ["jump", "--help"], ["jump", "-h", "x", "y"]]) {
    assertMatch(await fleet.ok(args), /^Usage: ftl jump REVISION/m);
  }
  assertMatch(await fleet.ok(["--version"]), /^ftl \d+\.\d+\.\d+/);
});
