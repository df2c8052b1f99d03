/** `ftl doctor`: what signs. It says whether that is there, and never anything of a key's text. */
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { doctor } from "../../mod.ts";
import { TempFolder } from "../temp.ts";
import { parsePrivateKey } from "../../src/trust/private_key.ts";
import { LOCKED_PRIVATE_KEY, PRIVATE_KEY } from "../trust/vectors.ts";
import { MemoryFleet } from "./memory_fleet.ts";

/** A program that can be run, a file that cannot, and a key. */
function prepared(): TempFolder {
  const folder = new TempFolder();
  folder.write("bin/ssh-keygen", "#!/bin/sh\n", 0o755);
  folder.write("bin/kms", "#!/bin/sh\n", 0o755);
  folder.write("bin/text", "", 0o644);
  folder.write("key", PRIVATE_KEY, 0o600);
  return folder;
}

/** `DIR` is the folder. */
const CASES: [value: string, finding: RegExp, path?: string][] = [
  ["DIR/key", /^ok by DIR\/bin\/ssh-keygen$/],
  [
    "DIR/key",
    /^fail FTL_SIGN_KEY cannot sign: 'ssh-keygen' is no program that can be run$/,
    "/nowhere",
  ],
  ["DIR/other", /^fail FTL_SIGN_KEY cannot be read: 'DIR\/other': no such file/],
  ["DIR", /^fail FTL_SIGN_KEY is no file: 'DIR'$/],
  [PRIVATE_KEY, /^ok ssh-ed25519, SHA256:\S+$/],
  [LOCKED_PRIVATE_KEY, /^fail FTL_SIGN_KEY cannot sign: the private key has a passphrase$/],
  [
    PRIVATE_KEY.slice(0, -40),
    /^fail FTL_SIGN_KEY cannot sign: the private key is not the whole text/,
  ],
  // Its first line is missing.
  [PRIVATE_KEY.slice(36), /^fail FTL_SIGN_KEY is no file that can be read$/],
  ["exec:kms", /^ok by DIR\/bin\/kms$/],
  ["exec:DIR/bin/kms", /^ok by DIR\/bin\/kms$/],
  ["exec:text", /^fail FTL_SIGN_KEY cannot sign: 'text' is no program that can be run$/],
  ["exec:bin/kms", /^fail FTL_SIGN_KEY names no program: 'exec:bin\/kms'$/],
  ["exec:", /^fail FTL_SIGN_KEY names no program: 'exec:'$/],
];

for (const [value, finding, path = "DIR/bin"] of CASES) {
  const shown = value.replace(/\n[^]*/, "...").slice(0, 50);
  Deno.test(`doctor on FTL_SIGN_KEY=${shown}: ${finding.source.slice(1, 40)}`, async () => {
    using folder = prepared();
    using fleet = new MemoryFleet();
    const env = {
      FTL_SIGN_KEY: value.replace("DIR", folder.path),
      PATH: path.replace("DIR", folder.path),
    };
    const { checks } = await doctor(fleet.context("web", ["a"], env));
    const found = checks.filter(({ name }) => name === "signing");
    assertEquals(found.length, 1);
    assertMatch(
      found.map(({ status, detail }) => `${status} ${detail}`).join().replaceAll(
        folder.path,
        "DIR",
      ),
      finding,
    );
    const said = JSON.stringify(checks);
    const lines = PRIVATE_KEY.split("\n").slice(1, -2);
    for (const line of lines) assert(!said.includes(line), said);
  });
}

Deno.test("doctor shows a key's fingerprint, by which one finds it among those that are trusted", async () => {
  using fleet = new MemoryFleet();
  const { checks } = await doctor(fleet.context("web", ["a"], { FTL_SIGN_KEY: PRIVATE_KEY }));
  const [found] = checks.filter(({ name }) => name === "signing");
  assertEquals(found?.detail, `ssh-ed25519, ${parsePrivateKey(PRIVATE_KEY).publicKey.fingerprint}`);
});
