/** What `FTL_TRUST` may say. */
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { UsageError } from "../../src/errors.ts";
import { parseTrustSetting, requireSigners } from "../../src/trust/trust_setting.ts";
import { line } from "./allowed.ts";
import { KEYS } from "./vectors.ts";

const PATH = "/etc/ftl/allowed_signers";

Deno.test("a path is taken as it is", () => {
  assertEquals(parseTrustSetting(PATH), { isEnforced: true, source: { path: PATH } });
  assertEquals(parseTrustSetting(`warn:${PATH}`), { isEnforced: false, source: { path: PATH } });
});

Deno.test("keys are taken as they are, with and without warn:", () => {
  for (const [text, enforced] of [["", true], ["warn:", false]] as const) {
    const { isEnforced, source } = parseTrustSetting(`${text}${KEYS.ed25519},${KEYS.p256}`);
    assertEquals(isEnforced, enforced);
    assert("signers" in source);
    assertEquals(source.signers.map(({ key }) => key.type), ["ssh-ed25519", "ecdsa-sha2-nistp256"]);
  }
});

for (
  const text of ["", "warn:", "warn", "allowed_signers", "./x", "~/x", "WARN:/x", "warn:warn:/x"]
) {
  Deno.test(`FTL_TRUST=${JSON.stringify(text)} is refused`, () => {
    assertThrows(() => parseTrustSetting(text), UsageError, "is no key that may sign");
  });
}

Deno.test("a file that names somebody may have lines that are skipped", () => {
  const { signers, skipped } = requireSigners(`x\n${line("ann", "ed25519")}\n`, { path: PATH });
  assertEquals([signers.length, skipped.length], [1, 1]);
});

const EMPTY: [text: string, message: string][] = [
  ["", "it has no line with a key"],
  ["# nobody yet\n", "it has no line with a key"],
  [line("*", "ed25519", "cert-authority"), "line 1: it is an authority of certificates"],
  [`\n${line("ann", "rsa1024")}`, "line 2: the key has 1024 bits"],
];

for (const [text, message] of EMPTY) {
  Deno.test(`a file is refused: ${message}`, () => {
    assertThrows(() => requireSigners(text, { path: PATH }), UsageError, message);
  });
}
