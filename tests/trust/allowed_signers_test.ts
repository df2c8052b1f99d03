/**
 * Files of allowed signers. Each case is asked of FTL, and of the real ssh-keygen: FTL never trusts a line
 * that ssh-keygen does not.
 */
import fc from "fast-check";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { UsageError } from "../../src/errors.ts";
import { parseAllowedSigners, parseTrustedKeys } from "../../src/trust/allowed_signers.ts";
import { addArmor } from "../../src/trust/sshsig.ts";
import { judge } from "../../src/trust/verdict.ts";
import { testWith } from "../required_program.ts";
import { bytesOf, line, statementOf } from "./allowed.ts";
import { ann, BASE64, CASES } from "./allowed_signers_cases.ts";
import { SSH_KEYGEN, verifies } from "./ssh_keygen.ts";
import { KEYS, VECTORS } from "./vectors.ts";

function isTrusted(file: string): boolean {
  const [vector] = VECTORS;
  assert(vector !== undefined);
  const { signers } = parseAllowedSigners(file);
  const statement = statementOf(vector);
  const signatures = [vector.signature];
  return judge({ statement, signatures, signers, threshold: 1 }).verdict === "trusted";
}

for (const { why, file, ssh, ftl, skipped } of CASES) {
  const trusted = ftl ?? ssh;
  Deno.test(`allowed signers: ${trusted ? "trusted" : "not trusted"}: ${why}`, () => {
    assertEquals(isTrusted(file), trusted);
    if (skipped !== undefined) {
      const reasons = parseAllowedSigners(file).skipped.map(({ reason }) => reason);
      assertEquals(reasons.length, 1);
      assert(reasons[0]?.includes(skipped), `${reasons[0]}`);
    }
  });
}

testWith(SSH_KEYGEN, "ssh-keygen says the same of every file, but where FTL is stricter", () => {
  const [vector] = VECTORS;
  assert(vector !== undefined);
  const request = {
    identity: "ann@example.com",
    namespace: "ftl-bless:my_site",
    armored: addArmor(bytesOf(vector.signature)),
    message: statementOf(vector).bytes,
    at: "20261125140000Z",
  };
  for (const { why, file, ssh } of CASES) {
    assertEquals(verifies({ ...request, allowed: file }), ssh, why);
  }
});

Deno.test("a byte order mark is no part of a principal", () => {
  const [signer] = parseAllowedSigners(`\ufeff${ann("")}`).signers;
  assertEquals(signer?.principals, "ann@example.com");
});

Deno.test("signers are read with their lines, and each line that is skipped is named", () => {
  const file = [
    "# trusted by the fleet",
    "",
    line("ci@example.com", "p256", 'namespaces="ftl-spool:*"'),
    line("*@example.com", "p384", "cert-authority"),
    line("old@example.com", "p521"),
    line("weak@example.com", "rsa1024"),
    line("bob@example.com", "sk-p256", 'valid-after="20260101Z",valid-before="20270101Z"'),
    line("\u202eeve@example.com", "other"),
  ].join("\r\n");
  const { signers, skipped } = parseAllowedSigners(file);
  assertEquals(
    signers.map(({ key, ...rest }) => ({ ...rest, key: key.type })),
    [{
      namespaces: "ftl-spool:*",
      validAfter: undefined,
      validBefore: undefined,
      principals: "ci@example.com",
      line: 3,
      key: "ecdsa-sha2-nistp256",
    }, {
      namespaces: undefined,
      validAfter: Date.UTC(2026, 0, 1) / 1000,
      validBefore: Date.UTC(2027, 0, 1) / 1000,
      principals: "bob@example.com",
      line: 7,
      key: "sk-ecdsa-sha2-nistp256@openssh.com",
    }],
  );
  assertEquals(skipped, [
    { line: 4, reason: "it is an authority of certificates, which FTL does not trust" },
    { line: 5, reason: "'ecdsa-sha2-nistp521' is no type of key that FTL knows" },
    { line: 6, reason: "the key has 1024 bits: fewer than 2048" },
    { line: 8, reason: "its principals have control characters" },
  ]);
});

const ZONES: [zone: string, time: string, utc: string][] = [
  ["America/New_York", "20260701", "2026-07-01T04:00:00Z"],
  ["America/New_York", "202601011230", "2026-01-01T17:30:00Z"],
  ["Asia/Kolkata", "20260701000001", "2026-06-30T18:30:01Z"],
  ["Asia/Kolkata", "20260701000001Z", "2026-07-01T00:00:01Z"],
  ["UTC", "20260701", "2026-07-01T00:00:00Z"],
];

for (const [zone, time, utc] of ZONES) {
  Deno.test(`in ${zone}, ${time} is ${utc}`, () => {
    const before = Deno.env.get("TZ");
    Deno.env.set("TZ", zone);
    try {
      const [signer] = parseAllowedSigners(ann(`valid-after="${time}"`)).signers;
      assertEquals(signer?.validAfter, Date.parse(utc) / 1000);
    } finally {
      if (before === undefined) Deno.env.delete("TZ");
      else Deno.env.set("TZ", before);
    }
  });
}

Deno.test("keys alone may sign anything, and are called by their fingerprints", () => {
  const both = `${KEYS.ed25519}, ${KEYS["sk-p256"]} ann's token`;
  const signers = parseTrustedKeys(both);
  assertEquals(signers.map(({ key }) => key.type), [
    "ssh-ed25519",
    "sk-ecdsa-sha2-nistp256@openssh.com",
  ]);
  for (const { principals, key, namespaces, validAfter, validBefore } of signers) {
    assertEquals(principals, key.fingerprint);
    assertEquals([namespaces, validAfter, validBefore], [undefined, undefined, undefined]);
  }
});

for (
  const text of [
    "",
    " ",
    `${KEYS.ed25519},`,
    `,${KEYS.ed25519}`,
    `${KEYS.ed25519},,${KEYS.other}`,
    `ann ${KEYS.ed25519}`,
    BASE64,
    "ssh-ed25519",
    KEYS.p521,
    `cert-authority ${KEYS.ed25519}`,
  ]
) {
  Deno.test(`keys alone are refused if one is none: ${JSON.stringify(text.slice(0, 40))}`, () => {
    assertThrows(() => parseTrustedKeys(text), UsageError, "is no key that may sign");
  });
}

const piece = fc.oneof(
  fc.constantFrom(
    ...Object.values(KEYS),
    BASE64,
    "ann@example.com",
    "*",
    "!x",
    "#",
    "cert-authority",
  ),
  fc.constantFrom(
    "namespaces=",
    "valid-after=",
    "20270101Z",
    '"',
    "\\",
    ",",
    " ",
    "\t",
    "\r",
    "\n",
    "\ufeff",
  ),
  fc.string({ maxLength: 6 }),
);

Deno.test("parseAllowedSigners() never throws, and gives each line one fate", () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join("")), (text) => {
      const { signers, skipped } = parseAllowedSigners(text);
      const lines = [...signers, ...skipped].map(({ line }) => line);
      assertEquals(new Set(lines).size, lines.length);
      assert(lines.length <= text.split("\n").length);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("long lines of any kind are read in a moment", () => {
  const long = 200_000;
  const began = performance.now();
  for (const part of ["*", "*a", '"', "\\", '\\"', " ", ",", 'a="b",', "namespaces=", "A"]) {
    const text = part.repeat(long / part.length);
    parseAllowedSigners(`ann ${text}\n${text}\n${ann(`namespaces="${text}"`)}`);
    parseAllowedSigners(`ann namespaces="${text}`);
    isTrusted(ann(`namespaces="${text.replaceAll('"', "")}"`));
  }
  assert(performance.now() - began < 10_000);
});
