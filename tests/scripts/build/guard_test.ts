import { assertEquals, assertThrows } from "../../assert.ts";
import { GUARDS, withGuard } from "../../../scripts/build/guard.ts";
import type { Architecture } from "../../../scripts/build/target.ts";
import { testWith } from "../../required_program.ts";
import { TempFolder } from "../../temp.ts";

const GUARDED: Uint8Array<ArrayBuffer> = withGuard(
  Deno.readFileSync("/bin/echo"),
  GUARDS[Deno.build.arch],
);

/** `printf` of a shell makes any bytes. */
async function echo(folder: TempFolder, escaped: string): Promise<Deno.CommandOutput> {
  const script = `exec "$0" "$(printf '${escaped}')" plain`;
  return await new Deno.Command("/bin/sh", { args: ["-c", script, `${folder.path}/echo`] })
    .output();
}

/** The ends of each row of Unicode's table of well-formed sequences, and a text of several. */
const WELL_FORMED = [
  "",
  "a\\177",
  "\\302\\200\\337\\277",
  "\\340\\240\\200\\340\\277\\277",
  "\\341\\200\\200\\354\\277\\277",
  "\\355\\200\\200\\355\\237\\277",
  "\\356\\200\\200\\357\\277\\277",
  "\\360\\220\\200\\200\\360\\277\\277\\277",
  "\\361\\200\\200\\200\\363\\277\\277\\277",
  "\\364\\200\\200\\200\\364\\217\\277\\277",
  "gr\\303\\266\\303\\237e \\342\\202\\254 \\360\\237\\232\\200",
];

/** One step beyond each of those ends; sequences that stop early, at the end and before a letter. */
const ILL_FORMED = [
  "\\200",
  "\\277",
  "\\300\\200",
  "\\301\\277",
  "\\302",
  "\\302a",
  "\\302\\300",
  "\\340\\237\\277",
  "\\340\\240",
  "\\342\\202a",
  "\\355\\240\\200",
  "\\360\\217\\277\\277",
  "\\360\\237\\232",
  "\\364\\220\\200\\200",
  "\\365\\200\\200\\200",
  "\\377",
  "caf\\351",
];

Deno.test("a program behind the guard gets every argument that is UTF-8", async () => {
  using folder = new TempFolder();
  folder.write("echo", GUARDED, 0o755);
  for (const escaped of WELL_FORMED) {
    const { code, stdout } = await echo(folder, escaped);
    const { stdout: plain } = await new Deno.Command("/bin/sh", {
      args: ["-c", `exec echo "$(printf '${escaped}')" plain`],
    }).output();
    assertEquals([code, stdout], [0, plain], escaped);
  }
});

Deno.test("the guard ends a program over an argument that is not UTF-8: exit 2, and a line says why", async () => {
  using folder = new TempFolder();
  folder.write("echo", GUARDED, 0o755);
  for (const escaped of ILL_FORMED) {
    const { code, stdout, stderr } = await echo(folder, escaped);
    const said = new TextDecoder().decode(stderr);
    assertEquals([code, stdout.length], [2, 0], escaped);
    assertEquals(said.split("\n").map((line) => line.split(":")[0]), ["ftl", "hint", ""]);
  }
});

Deno.test("withGuard() refuses what is no ELF program", () => {
  const script = new TextEncoder().encode("#!/bin/sh\n".repeat(10));
  assertThrows(() => withGuard(script, GUARDS.x86_64), Error, "ELF");
});

const ASSEMBLERS: Readonly<Record<Architecture, string>> = {
  x86_64: Deno.build.arch === "x86_64" ? "" : "x86_64-linux-gnu-",
  aarch64: Deno.build.arch === "aarch64" ? "" : "aarch64-linux-gnu-",
};

for (const [architecture, prefix] of Object.entries(ASSEMBLERS)) {
  testWith(
    [`${prefix}as`, `${prefix}objcopy`],
    `the guard's bytes are what its source assembles to, ${architecture}`,
    () => {
      using folder = new TempFolder();
      const source =
        new URL(`../../../scripts/build/guard/${architecture}.s`, import.meta.url).pathname;
      const [object, bytes] = [`${folder.path}/guard.o`, `${folder.path}/guard.bin`];
      run(`${prefix}as`, "-o", object, source);
      run(`${prefix}objcopy`, "-O", "binary", "-j", ".text", object, bytes);
      assertEquals(Deno.readFileSync(bytes), GUARDS[architecture as Architecture]);
    },
  );
}

function run(program: string, ...args: string[]): void {
  const { success, stderr } = new Deno.Command(program, { args }).outputSync();
  assertEquals(success, true, new TextDecoder().decode(stderr));
}
