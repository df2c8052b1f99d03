/** What is refused of a folder, by its name and before anything is uploaded. */
import { Excludes } from "../../../src/archive/pack/excludes.ts";
import { packFolder } from "../../../src/archive/pack/pack.ts";
import { walkFolder } from "../../../src/archive/pack/walk.ts";
import { IntegrityError } from "../../../src/errors.ts";
import { assert, assertEquals, assertRejects } from "../../assert.ts";
import { TempFolder } from "../../temp.ts";
import { namesIn, pack } from "./packing.ts";

Deno.test("what no archive holds, or no machine could unpack, is refused by its name", async () => {
  using folder = new TempFolder();
  const root = folder.folder("site");
  const refused = async (path: string, why: string, args: readonly string[]): Promise<void> => {
    const [program = "", ...rest] = args;
    const { success, stderr } = new Deno.Command(program, { args: rest, cwd: root }).outputSync();
    assert(success, new TextDecoder().decode(stderr));
    const error = await assertRejects(() => pack(root), IntegrityError);
    assertEquals(error.message, `Cannot pack ${path}: ${why}`);
    new Deno.Command("find", { args: [root, "-mindepth", "1", "-delete"] }).outputSync();
  };
  await refused("a/pipe", "it is a fifo", ["sh", "-c", "mkdir a && mkfifo a/pipe"]);
  await refused(
    "\ufffd",
    "its name is not UTF-8, and FTL's runtime can write no other names",
    ["sh", "-c", "touch $(printf '\\377')"],
  );
  await refused(
    "\ufffd",
    "its name is not UTF-8, and FTL's runtime can write no other names",
    ["sh", "-c", "touch $(printf '\\377') $(printf '\\376') $(printf '\\357\\277\\275')"],
  );
  await refused(
    "link",
    "its link target is not UTF-8, and FTL's runtime can write no others",
    ["sh", "-c", "ln -s $(printf '\\377') link"],
  );
  using _socket = Deno.listen({ transport: "unix", path: `${root}/socket` });
  const error = await assertRejects(() => pack(root), IntegrityError);
  assertEquals(error.message, "Cannot pack socket: it is a socket");
  assertEquals(await namesIn(await pack(root, { exclude: ["socket"] })), []);
});

Deno.test("a path that is too long for a machine is refused, and a long one is packed", async () => {
  using folder = new TempFolder();
  const root = folder.folder("site");
  const name = "d".repeat(250);
  const make = (depth: number): Deno.CommandOutput =>
    new Deno.Command("sh", {
      args: [
        "-c",
        `for i in $(seq ${depth}); do mkdir -p ${name} && cd -P ${name} || exit 1; done; touch f`,
      ],
      cwd: root,
    }).outputSync();
  assert(make(15).success);
  assertEquals((await namesIn(await pack(root))).length, 16);
  assert(make(18).success);
  const error = await assertRejects(() => pack(root), IntegrityError);
  assert(error.message.endsWith(": its path is longer than 4096 bytes"), error.message);
});

Deno.test("a folder that changes while it is packed is refused", async () => {
  const changes: [path: string, change: (root: string) => void][] = [
    ["a/file", (root) => Deno.writeTextFileSync(`${root}/a/file`, "longer than before")],
    ["a/file", (root) => Deno.removeSync(`${root}/a/file`)],
    ["a", (root) => Deno.writeTextFileSync(`${root}/a/new`, "")],
    ["b", (root) => Deno.removeSync(`${root}/b`)],
  ];
  for (const [path, change] of changes) {
    using folder = new TempFolder();
    folder.write("a/file", "x");
    folder.folder("b");
    // The clock of files has ticks: what is changed in the tick in which it was made keeps its time.
    for (const below of ["a/file", "a", "b", ""]) {
      Deno.utimeSync(`${folder.path}/${below}`, 1e9, 1e9);
    }
    const found = await walkFolder(folder.path, { excludes: new Excludes([]) });
    change(folder.path);
    const error = await assertRejects(
      () => packFolder(folder.path, { found, base: undefined }),
      IntegrityError,
    );
    assertEquals(error.message, `${path} changed while it was being packed`);
  }
});
