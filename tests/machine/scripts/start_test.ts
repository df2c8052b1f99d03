/** How a script is run, and the error if it cannot run. */
import { assertEquals, assertStringIncludes } from "../../assert.ts";
import { Lab } from "./script_run.ts";
import { hasScript } from "../../../src/machine/scripts/file.ts";

/** An interpreter that prints its arguments. */
const TELLER = '#!/bin/sh\nfor word; do echo "[$word]"; done\n';

Deno.test("without the x bit a first line is read as the kernel reads it", async () => {
  const cases: [firstLine: string, argument: string[]][] = [
    ["#!TELLER\n", []],
    ["#! \t TELLER \t \n", []],
    ["#!TELLER one two  three \nrest\n", ["[one two  three]"]],
    ["#!TELLER -x", ["[-x]"]],
    ["#!bin/teller\n", []],
    ["\ufeff#!TELLER\n", []],
  ];
  for (const [firstLine, argument] of cases) {
    using lab = new Lab();
    const teller = lab.write("bin/teller", TELLER);
    const script = lab.write("pre-jump.sh", firstLine.replace("TELLER", teller), 0o644);
    const { error, lines } = await lab.run("pre-jump");
    assertEquals([error, lines], [undefined, [...argument, `[${script}]`]], firstLine);
  }
});

Deno.test("a script without a first line is run by /bin/sh, with or without the x bit", async () => {
  for (const mode of [0o755, 0o644]) {
    using lab = new Lab();
    lab.write("ftl/pre-jump", "echo $FTL_HOOK; echo to stderr >&2; exit 4\n", mode);
    const { error, lines } = await lab.run("pre-jump");
    assertEquals(lines, ["pre-jump", "to stderr"]);
    assertEquals(error?.message, "my_site.VZ5vQk8aR4G pre-jump failed: exit 4");
  }
});

Deno.test("a file with a script's name that cannot run fails its step, and is not skipped", async () => {
  const cases: [make: (lab: Lab) => void, reason: string][] = [
    [
      (lab) => Deno.symlinkSync("scripts/check.sh", `${lab.path}/pre-jump.sh`),
      "pre-jump.sh: it is a link to scripts/check.sh, which is not there",
    ],
    [
      (lab) => Deno.symlinkSync("pre-jump.sh", `${lab.path}/pre-jump.sh`),
      "pre-jump.sh: it is a link that leads back to itself",
    ],
    [(lab) => Deno.mkdirSync(`${lab.path}/pre-jump.sh`), "pre-jump.sh: it is a folder"],
    [
      (lab) => {
        // The other name does not replace it silently.
        Deno.symlinkSync("nowhere", `${lab.path}/pre-jump.sh`);
        lab.write("ftl/pre-jump", "exit 0\n");
      },
      "pre-jump.sh: it is a link to nowhere, which is not there",
    ],
    [
      (lab) => {
        lab.write("bin/there", "");
        Deno.mkdirSync(`${lab.path}/ftl`);
        Deno.symlinkSync("../bin", `${lab.path}/ftl/pre-jump`);
      },
      "ftl/pre-jump: it is a folder",
    ],
  ];
  for (const [make, reason] of cases) {
    using lab = new Lab();
    make(lab);
    assertEquals(hasScript(lab.path, "pre-jump"), true, reason);
    const { error } = await lab.run("pre-jump");
    assertEquals(
      [error?.constructor.name, error?.message],
      ["ScriptError", `my_site.VZ5vQk8aR4G pre-jump failed: cannot run ${reason}`],
    );
  }
});

Deno.test("a revision without a script has nothing to run", async () => {
  using lab = new Lab();
  lab.write("ftl", "no folder");
  assertEquals(hasScript(lab.path, "pre-jump"), false);
  assertEquals(await lab.run("pre-jump"), { error: undefined, lines: [], warnings: [] });
});

Deno.test("a script that cannot start says why", async () => {
  const cases: [text: string, mode: number, reason: string][] = [
    [
      "#!/usr/bin/no-such\n",
      0o755,
      "its first line names /usr/bin/no-such, which is not on this machine",
    ],
    [
      "#!/usr/bin/no-such -x\n",
      0o644,
      "its first line names /usr/bin/no-such, which is not on this machine",
    ],
    ["#!/etc/passwd\n", 0o755, "its first line names /etc/passwd, which is not executable"],
    ["#!/etc/passwd\n", 0o644, "its first line names /etc/passwd, which is not executable"],
    ["#!/etc\n", 0o755, "its first line names /etc, which is not a file"],
    [
      "#!/bin/sh\r\nexit 0\r\n",
      0o755,
      'its first line has a CRLF line end, so the system looks for a program called "/bin/sh\\r"',
    ],
    [
      "#!/bin/sh\r\nexit 0\r\n",
      0o644,
      'its first line has a CRLF line end, so the system looks for a program called "/bin/sh\\r"',
    ],
  ];
  for (const [text, mode, reason] of cases) {
    using lab = new Lab();
    lab.write("post-jump.sh", text, mode);
    const { error } = await lab.run("post-jump");
    assertEquals(
      error?.message,
      `my_site.VZ5vQk8aR4G post-jump failed: cannot start post-jump.sh: ${reason}`,
    );
    assertStringIncludes(
      lab.log(lab.logs()[0] ?? ""),
      `[ftl] cannot start post-jump.sh: ${reason}`,
    );
  }
});

Deno.test("a script's own exit 127 is not a failure to start; after env it is explained", async () => {
  using lab = new Lab();
  lab.write("pre-jump.sh", "#!/bin/sh\nexit 127\n");
  const own = await lab.run("pre-jump");
  assertEquals(own.error?.message, "my_site.VZ5vQk8aR4G pre-jump failed: exit 127");
  assertStringIncludes(own.error?.hint ?? "", `What it printed is in ${lab.pkg.logs}/`);
  lab.write("post-jump.sh", "#!/usr/bin/env no-such-program\n");
  const { error } = await lab.run("post-jump");
  assertEquals(error?.message, "my_site.VZ5vQk8aR4G post-jump failed: exit 127");
  assertStringIncludes(
    error?.hint ?? "",
    "Its first line asks for no-such-program: is that on the PATH of ftl?",
  );
});
