/** docs/trust.md does what it says. */
import { assert, assertEquals } from "../assert.ts";
import { testWith } from "../required_program.ts";
import { SSH_AGENT, SSH_KEYGEN } from "../trust/ssh_keygen.ts";
import { transcript } from "./shown_page.ts";
import { runPage } from "./trust_page.ts";

testWith(
  [SSH_KEYGEN, SSH_AGENT, "aws", "openssl", "python3"],
  "docs/trust.md: each command works, and prints what the page shows",
  async () => {
    const shown = await runPage();
    assert(shown.length > 10);
    assertEquals(transcript(shown, "printed"), transcript(shown, "expected"));
  },
);
