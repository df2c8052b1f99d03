import { main } from "../../src/cli/main.ts";
import { parseArguments } from "../../src/cli/arguments.ts";
import { requireSystem } from "../../src/cli/system.ts";
import { EXIT, UsageError } from "../../src/errors.ts";
import { createContext } from "../../mod.ts";
import { assertEquals, assertThrows } from "../assert.ts";

const REVISION = "my_site.VZ5vQk8aR4G";

const ABOUT_MACHINES = [
  "sync",
  "sync --dry-run my_site",
  `jump ${REVISION}`,
  "jump-back my_site",
  "list",
  "list --long my_site",
  `purge ${REVISION}`,
  "purge --keep 3 my_site --dry-run",
  "status",
  "verify",
  "verify my_site --trust signers",
];

const FROM_ANYWHERE = [
  "spool my_site.tgz -m note",
  "spool dist --name my_site",
  `jump --master ${REVISION} --percent 10`,
  "jump-back --master my_site",
  "list --master",
  `purge --master ${REVISION}`,
  "verify --master my_site",
  "verify --trust signers",
  "history my_site",
  "fleet my_site --wait 5m",
  "doctor",
  "setup systemd",
  "completions zsh",
  "help sync",
  "sync --help",
  "--version",
];

Deno.test("requireSystem() lets a command be about a machine on Linux only", () => {
  for (const line of ABOUT_MACHINES) {
    const parsed = parseArguments(line.split(" "));
    requireSystem(parsed, "linux");
    assertThrows(
      () => requireSystem(parsed, "darwin"),
      UsageError,
      `ftl ${parsed.command?.name} is about a machine with Linux, and this is macOS`,
    );
  }
  for (const line of FROM_ANYWHERE) requireSystem(parseArguments(line.split(" ")), "darwin");
});

Deno.test("on macOS a sync ends with exit 2 before it reads anything, and help works", async () => {
  assertEquals(await onMacOS(["sync", "--quiet"]), {
    code: EXIT.usage,
    stdout: "",
    stderr: "ftl: ftl sync is about a machine with Linux, and this is macOS\n" +
      "hint: 'ftl fleet' shows what the machines run; --master acts for all of them\n",
  });
  const listed = await onMacOS(["list", "my_site", "--json"]);
  assertEquals(listed.code, EXIT.usage);
  assertEquals(JSON.parse(listed.stdout).error.hint, "In S3, from anywhere: ftl list --master ...");
  const { code, stderr } = await onMacOS(["help", "sync"]);
  assertEquals([code, stderr], [EXIT.done, ""]);
});

async function onMacOS(
  argv: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const written = { stdout: "", stderr: "" };
  const stream = { isTerminal: false, size: () => undefined };
  const { signal } = new AbortController();
  const code = await main(argv, {
    version: { version: "0", commit: null, runtime: "", arch: "" },
    env: {},
    system: "darwin",
    stdout: { ...stream, write: (text) => written.stdout += text },
    stderr: { ...stream, write: (text) => written.stderr += text },
    signal,
    context: (report) => createContext({}, { report, signal }),
    programs: { credentialProcess: () => false, signer: () => false },
    keepOnly: () => {},
  });
  return { code, ...written };
}
