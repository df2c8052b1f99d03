import { checkArchive } from "../../src/archive/check.ts";
import { ScriptCheck } from "../../src/archive/script_check.ts";
import { IntegrityError } from "../../src/errors.ts";
import { assertEquals, assertRejects } from "../assert.ts";
import { type Member, noise, stream, tar } from "./builders.ts";

/** What is warned of, or the refusal's message with its hint. */
async function check(...members: Member[]): Promise<string[]> {
  const told: string[] = [];
  await checkArchive(stream(tar(...members)), {
    package: "my_site",
    rest: "tar",
    watchers: [new ScriptCheck((message) => told.push(message))],
  });
  return told;
}

async function refusal(...members: Member[]): Promise<string> {
  const { message } = await assertRejects(() => check(...members), IntegrityError);
  return message;
}

const SCRIPT = { content: "#!/bin/sh\nexit 0\n", mode: 0o755 };

Deno.test("ScriptCheck says nothing of what is as it should be", async () => {
  const cases: Record<string, Member[]> = {
    "no scripts": [{ name: "index.html" }, { name: "lib/pre-jump.sh", ...SCRIPT }],
    "scripts at the top": [{ name: "./" }, { name: "./pre-jump.sh", ...SCRIPT }],
    "the Go original's": [{ name: "ftl/" }, { name: "ftl/pre-jump", ...SCRIPT }],
    "without a first line": [{ name: "post-sync.sh", content: "echo hello\n" }],
    "empty": [{ name: "post-sync.sh", content: "" }],
    "a link to a script": [
      { name: "pre-jump.sh", type: "2", link: "./bin/../bin/check" },
      { name: "bin/check", ...SCRIPT },
    ],
    "a link from ftl": [
      { name: "ftl/pre-jump", type: "2", link: "../bin/check" },
      { name: "bin/check", ...SCRIPT },
    ],
    "a link out of the revision": [
      { name: "pre-jump.sh", type: "2", link: "/usr/local/bin/check" },
      { name: "post-jump.sh", type: "2", link: "../../shared/check" },
    ],
    "a link by way of a link": [
      { name: "bin", type: "2", link: "/opt/my_site/bin" },
      { name: "pre-jump.sh", type: "2", link: "bin/check" },
    ],
    "a link to what post-sync may make": [
      { name: "post-sync.sh", ...SCRIPT },
      { name: "pre-jump.sh", type: "2", link: "build/check" },
    ],
    "a link that a file replaces later": [
      { name: "pre-jump.sh", type: "2", link: "nowhere" },
      { name: "pre-jump.sh", ...SCRIPT },
    ],
    "a hard link": [
      { name: "check", ...SCRIPT },
      { name: "pre-jump.sh", type: "1", link: "check" },
    ],
    "a helper beside a script": [
      { name: "pre-jump.sh", ...SCRIPT },
      { name: "pre_jump.py", ...SCRIPT },
    ],
    "one folder without scripts": [{ name: "site/" }, { name: "site/index.html" }],
    "carriage returns after the first line": [
      { name: "pre-jump.sh", content: "#!/bin/sh\nprintf 'a\r\n'\n" },
    ],
    "an argument of Perl's": [{ name: "pre-jump.sh", content: "#!/usr/bin/perl -w\r\n" }],
  };
  for (const [name, members] of Object.entries(cases)) {
    assertEquals(await check(...members), [], name);
  }
});

Deno.test("ScriptCheck refuses scripts that no machine could run", async () => {
  assertEquals(
    await refusal({ name: "index.html" }, {
      name: "pre-jump.sh",
      type: "2",
      link: "scripts/check.sh",
    }),
    "pre-jump.sh can never run: it is a link to scripts/check.sh, which is not in the archive",
  );
  assertEquals(
    await refusal({ name: "bin/" }, { name: "ftl/post-spool", type: "2", link: "../bin" }),
    "ftl/post-spool can never run: it is a link to ../bin, which is a folder",
  );
  assertEquals(
    // Nothing runs before it that could make its target.
    await refusal({ name: "post-sync.sh", type: "2", link: "build/check" }),
    "post-sync.sh can never run: it is a link to build/check, which is not in the archive",
  );
  assertEquals(
    await refusal({ name: "post-jump.sh/", type: "5" }, { name: "post-jump.sh/00-restart" }),
    "post-jump.sh can never run: it is a folder",
  );
});

for (
  const [first, program] of [
    ["#!/bin/sh\r\n", "/bin/sh"],
    ["#! /bin/bash\r\nset -e\r\n", "/bin/bash"],
    ["#!/usr/bin/env python3\r\n", "python3"],
  ] as const
) {
  Deno.test(`ScriptCheck refuses a script that begins with ${JSON.stringify(first)}`, async () => {
    assertEquals(
      await refusal({ name: "pre-jump.sh", content: first }),
      "pre-jump.sh can never run: its first line has a Windows line end, so the system " +
        `would look for a program called "${program}\\r"`,
    );
  });
}

Deno.test("ScriptCheck reads a first line that comes in pieces", async () => {
  const content = new Uint8Array([
    ...new TextEncoder().encode("#!/bin/sh\r\n"),
    ...noise(3000),
  ]);
  const told: string[] = [];
  const pieces = stream(tar({ name: "pre-jump.sh", content }), 3);
  const { message } = await assertRejects(() =>
    checkArchive(pieces, {
      package: "my_site",
      rest: "tar",
      watchers: [new ScriptCheck((text) => told.push(text))],
    }), IntegrityError);
  assertEquals([message.slice(0, 29), told], ["pre-jump.sh can never run: it", []]);
});

Deno.test("ScriptCheck warns of scripts that lie one folder too deep", async () => {
  for (const script of ["site/pre-jump.sh", "site/ftl/pre-jump"]) {
    assertEquals(
      await check({ name: "site/", type: "5" }, { name: "site/index.html" }, {
        name: script,
        ...SCRIPT,
      }),
      [
        `Every entry lies in one folder, site/, so ${script} will never run: FTL looks for scripts ` +
        "at the top of the archive. Pack what is in the folder: tar -czf <file> -C site .",
      ],
    );
  }
});

Deno.test("ScriptCheck warns of names that are almost those of scripts", async () => {
  const cases: [string, string][] = [
    ["Pre-Jump.sh", "pre-jump.sh"],
    ["pre_jump.sh", "pre-jump.sh"],
    ["post-sync", "post-sync.sh"],
    ["postsync.bash", "post-sync.sh"],
    ["ftl/pre-jump.sh", "pre-jump.sh"],
    ["ftl/post-sync", "post-sync.sh"],
    ["ftl/clean.sh", "pre-remove.sh"],
    ["un-jump.py", "un-jump.sh"],
  ];
  for (const [name, meant] of cases) {
    assertEquals(await check({ name: "index.html" }, { name, ...SCRIPT }), [
      `${name} will never run: FTL knows no script of that name. Is ${meant} meant?`,
    ]);
  }
});

Deno.test("ScriptCheck warns of a folder of scripts that was not packed", async () => {
  assertEquals(await check({ name: "ftl", type: "2", link: "../deploy/ftl" }), []);
  assertEquals(await check({ name: "ftl", type: "2", link: "bin" }, { name: "bin/x" }), []);
  assertEquals(
    await check({ name: "ftl", type: "2", link: "deploy/ftl" }, { name: "index.html" }),
    [
      "ftl is a link to deploy/ftl, which is not in the archive: scripts in it will not run",
    ],
  );
});

Deno.test("ScriptCheck warns of a second script for the same step, and of a byte order mark", async () => {
  assertEquals(
    await check({ name: "pre-jump.sh", ...SCRIPT }, { name: "ftl/pre-jump", ...SCRIPT }),
    ["ftl/pre-jump will never run: pre-jump.sh is there too, and runs instead"],
  );
  assertEquals(
    await check({ name: "pre-jump.sh", content: "\ufeff#!/usr/bin/python3\n" }),
    ["pre-jump.sh starts with a byte order mark, with which most interpreters fail"],
  );
});
