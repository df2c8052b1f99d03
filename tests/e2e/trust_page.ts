/**
 * Runs docs/trust.md: its shell, from the first block to the last one in one bash, against the real server with the
 * real ssh-keygen and the real AWS CLI. KMS alone is a stand-in, which signs by openssl.
 *
 *     ```sh         must succeed
 *     ```console    the lines after `$ ` run; what they print must be what the page shows
 *     #!            a block that begins so is the program that its second line names
 */
import { TempFolder } from "../temp.ts";
import { Fleet, programLine } from "./fleet.ts";

const PAGE = Deno.readTextFileSync(new URL("../../docs/trust.md", import.meta.url));

/** A command of the page. */
export interface Shown {
  readonly command: string;
  /** What the page shows of its output. */
  readonly expected: string;
  readonly printed: string;
}

/** A path of the page, and where the test has it. */
type Place = readonly [onPage: string, here: string];

/** What it does is shown if it fails, apart from what it prints. The page's agent ends with it. */
const BEGIN = `set -eu
exec 7>&2
BASH_XTRACEFD=7
trap '[ ! -S "\${SSH_AUTH_SOCK:-}" ] || kill "$SSH_AGENT_PID"' EXIT
set -x
`;

/** Throws if a block that must succeed does not. */
export async function runPage(): Promise<Shown[]> {
  await using fleet = await Fleet.start();
  using folder = new TempFolder();
  const programs = folder.folder("programs");
  const places: readonly Place[] = [
    ["/usr/local/bin/", `${programs}/`],
    ["/etc/ftl/", `${folder.folder("etc")}/`],
    ["/etc/ftl", `${folder.path}/etc`],
    ["/srv/ftl", `${folder.path}/root`],
    ["/srv/image", `${folder.path}/image`],
    ["/srv/new", `${folder.path}/new`],
    ["/tmp/signed", `${folder.path}/signed`],
    ["$HOME/", `${folder.folder("home")}/`],
    ["~/", `${folder.path}/home/`],
  ];
  const shown: Omit<Shown, "printed">[] = [];
  let script = BEGIN;
  for (const [, kind, text = ""] of PAGE.matchAll(/^```(sh|console|python)\n([^]*?)^```$/gm)) {
    if (text.startsWith("#!")) writeProgram(programs, here(text, places));
    else if (kind === "sh") script += text;
    else {
      for (const one of commandsIn(text)) {
        const file = `${folder.path}/printed.${shown.push(one)}`;
        script += `{ ${one.command}\n} > ${file} 2>&1 || { cat ${file}; exit 1; }\n`;
      }
    }
  }
  writeStandIns(programs);
  linkPython(programs);
  await runBash(here(script, places), {
    ...fleet.env,
    PATH: `${programs}:${fleet.env["PATH"]}`,
  });
  return shown.map((one, index) => {
    const printed = Deno.readTextFileSync(`${folder.path}/printed.${index + 1}`);
    return { ...one, printed: onPage(printed, places) };
  });
}

function commandsIn(block: string): Omit<Shown, "printed">[] {
  return block.split(/^\$ /m).slice(1).map((text) => {
    const end = text.indexOf("\n");
    return { command: text.slice(0, end), expected: text.slice(end + 1) };
  });
}

function here(text: string, places: readonly Place[]): string {
  return places.reduce((all, [page, path]) => all.replaceAll(page, path), text);
}

function onPage(text: string, places: readonly Place[]): string {
  return places.reduce((all, [page, path]) => all.replaceAll(path, page), text);
}

function writeProgram(folder: string, text: string): void {
  const name = /^#!.*\n# \S+\/([\w-]+):/.exec(text)?.[1];
  if (name === undefined) throw new Error(`A program without a name:\n${text}`);
  Deno.writeTextFileSync(`${folder}/${name}`, text, { mode: 0o755 });
}

/** The `ftl` that is tested, and an `aws` whose KMS is openssl with a key of its own. */
function writeStandIns(folder: string): void {
  const line = programLine().map((word) => `'${word}'`).join(" ");
  Deno.writeTextFileSync(`${folder}/ftl`, `#!/bin/sh\nexec ${line} "$@"\n`, { mode: 0o755 });
  Deno.writeTextFileSync(
    `${folder}/aws`,
    `#!/bin/sh
set -e
key=${folder}/kms.pem
[ "$1" = kms ] || PATH=\${PATH#*:} exec aws "$@"
case "$*" in
  *" --key-id alias/ftl-spool --output text"*) ;;
  *) exit 64 ;;
esac
[ -e $key ] || openssl ecparam -name prime256v1 -genkey -noout -out $key
case "$2 $*" in
  "get-public-key "*" --query PublicKey "*) openssl pkey -in $key -pubout -outform DER ;;
  "sign "*" --signing-algorithm ECDSA_SHA_256 --message-type RAW --message fileb:///dev/stdin --query Signature "*)
    openssl dgst -sha256 -sign $key ;;
  *) exit 64 ;;
esac | base64 -w 0
`,
    { mode: 0o755 },
  );
}

/** A launcher, as that of pyenv, could put another `aws` before the stand-in. */
function linkPython(folder: string): void {
  const args = ["-c", "import sys; print(sys.executable)"];
  const { stdout } = new Deno.Command("python3", { args }).outputSync();
  Deno.symlinkSync(new TextDecoder().decode(stdout).trim(), `${folder}/python3`);
}

async function runBash(script: string, env: Readonly<Record<string, string>>): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-c", script],
    clearEnv: true,
    env,
    stdin: "null",
  }).output();
  if (success) return;
  const [out, log] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  throw new Error(`The page's shell failed:\n${log}${out}`);
}
