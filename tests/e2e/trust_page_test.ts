/** docs/trust.md does what it says. */
import { assert, assertEquals } from "../assert.ts";
import { testWith } from "../required_program.ts";
import { SSH_AGENT, SSH_KEYGEN } from "../trust/ssh_keygen.ts";
import { runPage } from "./trust_page.ts";

/** Without what differs each time, or from machine to machine: ids, keys, times, sizes. */
function withoutChance(text: string): string {
  return text
    .replace(/\b[V-Z][0-9A-Za-z]{10}\b/g, "<id>")
    .replace(/SHA256:[A-Za-z0-9+/]{43}/g, "<key>")
    .replace(/\b[0-9a-f]{64}\b/g, "<sha256>")
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "<upload>")
    .replace(/\d{4}-?\d\d-?\d\dT[\d:.]+Z/g, "<time>")
    .replace(/\b\d{13}\b/g, "<serial>")
    .replace(/\b\d+(\.\d+)? (s|min)\b/g, "<n> s")
    .replace(/\b\d+(\.\d+)? (B|kB|bytes)\b/g, "<n> bytes")
    .replace(/\b\d+\.\d+\.\d+\b/g, "<version>")
    .replace(/\bftl-size: \d+/g, "ftl-size: <n>")
    .replace(/^ftl-by: .*/gm, "ftl-by: <user>")
    .replace(/[ \t]+/g, " ");
}

testWith(
  [SSH_KEYGEN, SSH_AGENT, "aws", "openssl", "python3"],
  "docs/trust.md: each command works, and prints what the page shows",
  async () => {
    const shown = await runPage();
    assert(shown.length > 10);
    const text = (kind: "expected" | "printed"): string => {
      return shown.map((one) => `$ ${one.command}\n${withoutChance(one[kind])}`).join("");
    };
    assertEquals(text("printed"), text("expected"));
  },
);
