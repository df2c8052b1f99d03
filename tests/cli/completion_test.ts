import { assertEquals } from "../assert.ts";
import { completionScript, type Shell } from "../../src/cli/completion/completion.ts";
import { testWith } from "../required_program.ts";
import { TempFolder } from "../temp.ts";

/** Answers as `ftl list` does, and knows more of S3 than of this machine. */
const STAND_IN = `#!/bin/sh
case "$*" in
  "list") echo my_site ; echo web ;;
  "list my_site") printf 'my_site.VZ5vQk8aR4G\\t(active)\\n' ;;
  "list --master") echo my_site ; echo only_in_s3 ;;
  "list --master my_site") printf 'my_site.VZ5uB1x0pQa\\nmy_site.VZ5vQk8aR4G\\t(active)\\n' ;;
  *) exit 1 ;;
esac
`;

/** How each shell says what it would offer at the end of a line. */
const OFFERS: Readonly<Record<Shell, (words: readonly string[]) => string>> = {
  bash: (words) =>
    `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}
_ftl 2> /dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`,
  zsh: (words) =>
    `_describe() { print -l -- \${(P)2%%:*} }
compadd() { print -l -- \${(P)@[-1]} }
words=(${words.map((word) => `'${word}'`).join(" ")}); CURRENT=${words.length}; _ftl`,
  fish: (words) => `complete -C '${words.join(" ")}' | cut -f 1`,
};

/** By the programs of macOS it does without timeout(1). */
const MACOS = ["cut", "perl", "sed"];

async function offered(
  shell: Shell,
  line: string,
  { programs }: { readonly programs?: readonly string[] } = {},
): Promise<string[]> {
  using folder = new TempFolder();
  folder.write("bin/ftl", STAND_IN, 0o755);
  for (const name of programs ?? []) {
    Deno.symlinkSync(`/usr/bin/${name}`, `${folder.path}/bin/${name}`);
  }
  const script = completionScript(shell);
  const rest = programs === undefined ? `:${Deno.env.get("PATH")}` : "";
  const prelude = shell === "zsh" ? "compdef() { }\n" : "";
  const words = line.split(" ");
  const { stdout, stderr } = await new Deno.Command(
    programs === undefined ? shell : `/usr/bin/${shell}`,
    {
      args: ["-c", `${prelude}${script}\n${OFFERS[shell](words)}`],
      env: { PATH: `${folder.path}/bin${rest}`, HOME: folder.path },
    },
  ).output();
  const decoder = new TextDecoder();
  assertEquals(decoder.decode(stderr), "", `${shell}: ${line}`);
  const begun = words.at(-1) ?? "";
  return decoder.decode(stdout).split("\n").filter((word) => word !== "" && word.startsWith(begun))
    .sort();
}

const REVISION = "my_site.VZ5vQk8aR4G";
const CASES: readonly (readonly [line: string, offers: readonly string[]])[] = [
  ["ftl ju", ["jump", "jump-back"]],
  ["ftl sync --fo", ["--follow"]],
  ["ftl sync ", ["my_site", "web"]],
  ["ftl jump my_site.V", [REVISION]],
  ["ftl jump --master my_site.V", ["my_site.VZ5uB1x0pQa", REVISION]],
  ["ftl jump-back --master o", ["only_in_s3"]],
  ["ftl list --master ", ["my_site", "only_in_s3"]],
  ["ftl purge --keep ", []],
  ["ftl purge --keep 5 ", ["my_site", "web"]],
  ["ftl purge --master --keep 5 o", ["only_in_s3"]],
  ["ftl setup ", ["cloud-init", "cron", "iam", "lifecycle", "systemd"]],
  ["ftl setup iam ", ["bless", "fleet", "machine", "machine-read-only", "purge", "spool"]],
  ["ftl setup iam machine m", ["my_site"]],
  ["ftl setup systemd ", ["env", "service", "timer"]],
  ["ftl setup cloud-init ", ["my_site", "web"]],
  ["ftl setup cron ", []],
  ["ftl completions z", ["zsh"]],
];

for (const shell of ["bash", "zsh", "fish"] as const) {
  testWith(
    shell,
    `${shell} completes commands, options, names, and what follows them`,
    async () => {
      for (const [line, offers] of CASES) {
        assertEquals(await offered(shell, line), [...offers], `${shell}: ${line}`);
      }
    },
  );
}

for (const shell of ["bash", "zsh", "fish"] as const) {
  testWith(
    [shell, "perl"],
    `${shell} completes names from S3 without timeout(1), as macOS is`,
    async () => {
      const options = { programs: MACOS };
      const line = "ftl jump-back --master ";
      assertEquals(await offered(shell, line, options), ["my_site", "only_in_s3"]);
    },
  );
}

testWith(
  "zsh",
  "zsh completes at the first key when it loads the script from its path",
  async () => {
    using folder = new TempFolder();
    folder.write("functions/_ftl", completionScript("zsh"));
    const load = "fpath=($HOME/functions); autoload -Uz _ftl";
    const { stdout } = await new Deno.Command("zsh", {
      args: ["-f", "-c", `${load}\n${OFFERS.zsh(["ftl", ""])} | grep -x doctor`],
      env: { HOME: folder.path },
    }).output();
    assertEquals(new TextDecoder().decode(stdout), "doctor\n");
  },
);
