/** Which file of a revision is a step's script. */
import { assertEquals } from "../../assert.ts";
import { findScript, hasScript } from "../../../src/machine/scripts/file.ts";
import { TempFolder } from "../../temp.ts";

type Found = ReturnType<typeof findScript>;

const CASES: [sentence: string, make: (path: string) => void, expected: Partial<Found & object>][] =
  [
    [
      "is executable if its owner may execute it",
      (path) => write(`${path}/pre-jump.sh`, "#!/bin/sh\n", 0o700),
      { place: "pre-jump.sh", executable: true },
    ],
    [
      "is not executable if only others may execute it",
      (path) => write(`${path}/pre-jump.sh`, "#!/bin/sh -e\n", 0o611),
      {
        executable: false,
        firstLine: { interpreter: "/bin/sh", argument: "-e", hasMark: false },
      },
    ],
    [
      "may be an empty file",
      (path) => write(`${path}/pre-jump.sh`, "", 0o644),
      { executable: false, firstLine: undefined },
    ],
    [
      "has FTL's name before the other one",
      (path) => {
        write(`${path}/ftl/pre-jump`, "", 0o755);
        write(`${path}/pre-jump.sh`, "", 0o755);
      },
      { place: "pre-jump.sh" },
    ],
    [
      "may have the name of the Go original",
      (path) => write(`${path}/ftl/pre-jump`, "", 0o755),
      { place: "ftl/pre-jump" },
    ],
    [
      "may be a link to a file",
      (path) => {
        write(`${path}/bin/check`, "", 0o755);
        Deno.symlinkSync("bin/check", `${path}/pre-jump.sh`);
      },
      { place: "pre-jump.sh", executable: true },
    ],
    [
      "that cannot run does not let the other name count",
      (path) => {
        write(`${path}/ftl/pre-jump`, "", 0o755);
        Deno.mkdirSync(`${path}/pre-jump.sh`);
      },
      { place: "pre-jump.sh", unfit: "it is a folder" },
    ],
    [
      "cannot be a link to nothing",
      (path) => Deno.symlinkSync("bin/check", `${path}/pre-jump.sh`),
      { unfit: "it is a link to bin/check, which is not there" },
    ],
    [
      "cannot be a link to itself",
      (path) => Deno.symlinkSync("pre-jump.sh", `${path}/pre-jump.sh`),
      { unfit: "it is a link that leads back to itself" },
    ],
    [
      "cannot be a device",
      (path) => Deno.symlinkSync("/dev/null", `${path}/pre-jump.sh`),
      { unfit: "it is neither a file nor a link to one" },
    ],
  ];

for (const [sentence, make, expected] of CASES) {
  Deno.test(`a script ${sentence}`, () => {
    using folder = new TempFolder();
    make(folder.path);
    const found: object = findScript(folder.path, "pre-jump") ?? {};
    const part = Object.fromEntries(
      Object.keys(expected).map((key) => [key, (found as Record<string, unknown>)[key]]),
    );
    assertEquals(part, expected);
    assertEquals(hasScript(folder.path, "pre-jump"), true);
    assertEquals(hasScript(folder.path, "post-jump"), false);
  });
}

Deno.test("a revision without a script has none, even if `ftl` is a file or leads nowhere", () => {
  using folder = new TempFolder();
  const path = `${folder.path}/ftl`;
  for (
    const make of [
      () => {},
      () => Deno.writeTextFileSync(path, ""),
      () => Deno.symlinkSync("nowhere", path),
      () => Deno.symlinkSync("ftl", path),
    ]
  ) {
    make();
    assertEquals(findScript(folder.path, "pre-jump"), undefined);
    assertEquals(hasScript(folder.path, "pre-jump"), false);
    try {
      Deno.removeSync(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
});

function write(path: string, text: string, mode: number): void {
  Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  Deno.writeTextFileSync(path, text);
  Deno.chmodSync(path, mode);
}
