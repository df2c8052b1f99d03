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
import { SSH_KEYGEN, verifies } from "./ssh_keygen.ts";
import { KEYS, VECTORS } from "./vectors.ts";

const KEY = KEYS.ed25519;
const BASE64 = KEY.split(" ")[1] ?? "";

/** Whether the blessing that the key `ed25519` signed is trusted by this file. */
interface Case {
  readonly file: string;
  /** What ssh-keygen says of `ann@example.com`. */
  readonly ssh: boolean;
  /** What FTL says, if it is stricter. */
  readonly ftl?: false;
  /** Why a line is skipped. */
  readonly skipped?: string;
  readonly why: string;
}

const yes = (why: string, file: string): Case => ({ why, file, ssh: true });
const no = (why: string, file: string, skipped?: string): Case => {
  return { why, file, ssh: false, ...(skipped === undefined ? {} : { skipped }) };
};
const stricter = (why: string, file: string, skipped: string): Case => {
  return { why, file, ssh: true, ftl: false, skipped };
};
const ann = (options: string): string => line("ann@example.com", "ed25519", options);

const CASES: readonly Case[] = [
  yes("a plain line", ann("")),
  yes("a line with a comment", `${ann("")} Ann's laptop, the new one`),
  yes("comments and empty lines", `# who may bless\n\n   # more\n\t\n${ann("")}\n`),
  yes("lines that end with CR and LF", `# x\r\n${ann("")}\r\n`),
  yes("CR and LF after a comment of a key", `${ann("")} laptop\r\n`),
  yes(
    "white space in front and between",
    `  \tann@example.com \t  ${KEYS.ed25519.replace(" ", "   ")}`,
  ),
  yes("a file without a line end", ann("")),
  yes("several principals", line("bob@example.com,ann@example.com", "ed25519")),
  yes("patterns of principals", line("*@example.com", "ed25519")),
  yes("? fits one character", line("an?@example.com", "ed25519")),
  yes("principals in quotes", line('"ann@example.com"', "ed25519")),
  yes("somebody else is taken out", line("!bob@*,*@example.com", "ed25519")),
  yes("the namespace", ann('namespaces="ftl-bless:my_site"')),
  yes("a pattern of namespaces", ann('namespaces="ftl-bless:*"')),
  yes("one of several namespaces", ann('namespaces="git,ftl-bless:my_*"')),
  yes("names of options in any case", ann('NameSpaces="ftl-bless:*"')),
  yes("two options", ann('namespaces="ftl-bless:*",valid-after="20260101"')),
  yes("a space within quotes", ann('namespaces="a b,ftl-bless:*"')),
  yes("an escaped quote", ann('namespaces="a\\"b,ftl-bless:*"')),
  yes("a backslash in quotes", ann('namespaces="a\\b,ftl-bless:*"')),
  yes("the very second that valid-after names", ann('valid-after="20261125140000Z"')),
  yes("the very second that valid-before names", ann('valid-before="20261125140000Z"')),
  yes("a time without seconds", ann('valid-before="202611251401Z"')),
  yes("a day", ann('valid-before="20261126Z"')),
  yes("UTC in words", ann('valid-before="20261126UTC"')),
  yes("z in lower case", ann('valid-before="20261126z"')),
  yes("a bad line before a good one", `nonsense\n${ann("")}`),
  yes("a line of another key before it", `${line("ann@example.com", "other")}\n${ann("")}`),
  yes("a key of an unknown type before it", `${line("bob@example.com", "p521")}\n${ann("")}`),
  yes(
    "an expired line of the same key before it",
    `${ann('valid-before="20200101Z"')}\n${ann("")}`,
  ),

  no("another key", line("ann@example.com", "other")),
  no("a comment with the key", `#${ann("")}`),
  no("another role", ann('namespaces="ftl-spool:*"')),
  no("another package", ann('namespaces="ftl-bless:other_site"')),
  no("no namespace at all", ann('namespaces=""')),
  no("a namespace that is taken out", ann('namespaces="ftl-bless:*,!*:my_site"')),
  no("case of a namespace", ann('namespaces="FTL-bless:*"')),
  no("a pattern that is too long", ann(`namespaces="ftl-bless:*,${"x".repeat(1023)}"`)),
  no("a second too late", ann('valid-before="20261125135959Z"')),
  no("a second too early", ann('valid-after="20261125140001Z"')),
  no("an authority", ann("cert-authority"), "authority of certificates"),
  no("an authority with namespaces", ann('cert-authority,namespaces="*"'), "authority"),
  no("an unknown option", ann("restrict"), "option that FTL does not know: 'restrict'"),
  no("an option without quotes", ann("namespaces=ftl-bless:*"), "option that FTL does not know"),
  no("an option with spaces around =", ann('namespaces = "*"'), "option that FTL does not know"),
  no("a comma at the end", ann('namespaces="*",'), "option that FTL does not know"),
  no("a comma alone", ann(","), "option that FTL does not know"),
  no("no comma between options", ann('namespaces="*"valid-after="20260101"'), "does not know"),
  no("namespaces twice", ann('namespaces="*",namespaces="*"'), "namespaces twice"),
  no("valid-after twice", ann('valid-after="20200101",valid-after="20200101"'), "twice"),
  no("a quote without an end", ann('namespaces="*'), "quote in its options has no end"),
  no("an escaped quote at the end", ann('namespaces="*\\"'), "quote in its options has no end"),
  no("a time of no form", ann('valid-before="2027-01-01"'), "valid-before is no time"),
  no("a time with letters", ann('valid-after="2020010a"'), "valid-after is no time"),
  no("an empty time", ann('valid-after=""'), "valid-after is no time"),
  no("the 13th month", ann('valid-after="20201301"'), "valid-after is no time"),
  no("the 25th hour", ann('valid-after="202001012500"'), "valid-after is no time"),
  no(
    "before is not after after",
    ann('valid-after="20200101Z",valid-before="20200101Z"'),
    "not after",
  ),
  no("no key", "ann@example.com", "no key"),
  no("options without a key", 'ann@example.com namespaces="*"', "no key"),
  no("a type without a key", "ann@example.com ssh-ed25519", "the key"),
  no("a broken key", `ann@example.com ssh-ed25519 ${BASE64.slice(4)}`, "the key"),
  no("a key that is cut short", `ann@example.com ssh-ed25519 ${BASE64.slice(0, -4)}`, "the key"),
  no("a key that is too long", `ann@example.com ssh-ed25519 ${BASE64}AAAA`, "the key"),
  no("a key of another type than it says", `ann@example.com ssh-rsa ${BASE64}`, "is said to be"),
  no("no principals", KEY, "option that FTL does not know"),
  no("a quote of principals without an end", `"${ann("")}`, "quotes"),
  no("case of principals", line("!ann@example.com", "ed25519"), "no principal"),

  stricter("February 30", ann('valid-after="20260230Z"'), "valid-after is no time"),
  stricter("second 60", ann('valid-after="20260101000060Z"'), "valid-after is no time"),
  stricter("quotes within principals", line('ann@"example.com"', "ed25519"), "quotes"),
  stricter(
    "base64 without its padding bits",
    `ann@example.com ssh-ed25519 ${BASE64.slice(0, 8)}\v${BASE64.slice(8)}`,
    "base64",
  ),
];

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
      line: 2,
      key: "ecdsa-sha2-nistp256",
    }, {
      namespaces: undefined,
      validAfter: Date.UTC(2026, 0, 1) / 1000,
      validBefore: Date.UTC(2027, 0, 1) / 1000,
      principals: "bob@example.com",
      line: 6,
      key: "sk-ecdsa-sha2-nistp256@openssh.com",
    }],
  );
  assertEquals(skipped, [
    { line: 3, reason: "it is an authority of certificates, which FTL does not trust" },
    { line: 4, reason: "'ecdsa-sha2-nistp521' is no type of key that FTL knows" },
    { line: 5, reason: "the key has 1024 bits: fewer than 2048" },
    { line: 7, reason: "its principals have control characters" },
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
    `${KEY},`,
    `,${KEY}`,
    `${KEY},,${KEY}`,
    `ann ${KEY}`,
    BASE64,
    "ssh-ed25519",
    KEYS.p521,
    `cert-authority ${KEY}`,
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
