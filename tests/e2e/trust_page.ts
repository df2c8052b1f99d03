/**
 * Runs docs/trust.md: its shell, from the first block to the last one in one bash, against the real server with the
 * real ssh-keygen and the real AWS CLI. KMS alone is a stand-in, which signs by openssl.
 * A block that begins with `#!` is the program that its second line names.
 */
import { TempFolder } from "../temp.ts";
import { Fleet } from "./fleet.ts";
import { here, type Place, runShown, type Shown, writeFtl } from "./shown_page.ts";

const PAGE = Deno.readTextFileSync(new URL("../../docs/trust.md", import.meta.url));

/** The page's agent ends with it. */
const BEFORE = `trap '[ ! -S "\${SSH_AUTH_SOCK:-}" ] || kill "$SSH_AGENT_PID"' EXIT\n`;

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
  for (const [, text = ""] of PAGE.matchAll(/^```(?:sh|python)\n(#![^]*?)^```$/gm)) {
    writeProgram(programs, here(text, places));
  }
  writeStandIns(programs);
  linkPython(programs);
  const env = { ...fleet.env, PATH: `${programs}:${fleet.env["PATH"]}` };
  return await runShown(PAGE, { folder, places, env, before: BEFORE });
}

function writeProgram(folder: string, text: string): void {
  const name = /^#!.*\n# \S+\/([\w-]+):/.exec(text)?.[1];
  if (name === undefined) throw new Error(`A program without a name:\n${text}`);
  Deno.writeTextFileSync(`${folder}/${name}`, text, { mode: 0o755 });
}

/** The `ftl` that is tested, and an `aws` whose KMS is openssl with a key of its own. */
function writeStandIns(folder: string): void {
  writeFtl(folder);
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
