/**
 * Who is trusted, row by row of the tables in `verdict.ts`, with real signatures. The file is long because each
 * row is a case.
 */
import fc from "fast-check";
import { assert, assertEquals } from "../assert.ts";
import { encodeBase64 } from "../../src/trust/base64.ts";
import type { AllowedSigner } from "../../src/trust/allowed_signers.ts";
import { parsePrivateKey, signWith } from "../../src/trust/private_key.ts";
import { blessingStatement, revisionStatement } from "../../src/trust/statement.ts";
import { judge, type RefusalReason, type Verdict } from "../../src/trust/verdict.ts";
import { bytesOf, flipped, goodBy, line, signersOf } from "./allowed.ts";
import { BLESSING, REVISION } from "./statements.ts";
import { PRIVATE_KEY, REFUSED, type Vector, VECTORS } from "./vectors.ts";

const blessing = blessingStatement(BLESSING);

/** `ed25519` and `p256` are Ann's, `other` is Bob's. */
const PEOPLE = signersOf(
  line("ann@example.com", "ed25519"),
  line("bob@example.com", "other"),
  line("ann@example.com", "p256"),
  line("cid@example.com", "sk-ed25519"),
  line("ci@example.com", "rsa3072"),
);

interface Row {
  readonly why: string;
  readonly signatures: readonly string[];
  readonly threshold?: number;
  readonly signers?: readonly AllowedSigner[];
  readonly verdict: Verdict["verdict"];
  /** The principals of those that count. */
  readonly by?: readonly string[];
  readonly refused?: readonly RefusalReason[];
}

const ANN = "ann@example.com";
const BOB = "bob@example.com";

const ROWS: readonly Row[] = [
  { why: "nobody", signatures: [], verdict: "unsigned" },
  { why: "one", signatures: [goodBy("ed25519")], verdict: "trusted", by: [ANN] },
  {
    why: "one of two",
    signatures: [goodBy("ed25519")],
    threshold: 2,
    verdict: "too-few",
    by: [ANN],
  },
  {
    why: "two people",
    signatures: [goodBy("ed25519"), goodBy("other")],
    threshold: 2,
    verdict: "trusted",
    by: [ANN, BOB],
  },
  {
    why: "two people, the other way round",
    signatures: [goodBy("other"), goodBy("ed25519")],
    threshold: 2,
    verdict: "trusted",
    by: [BOB, ANN],
  },
  {
    why: "one person twice, with the same signature",
    signatures: [goodBy("ed25519"), goodBy("ed25519")],
    threshold: 2,
    verdict: "too-few",
    by: [ANN],
  },
  {
    why: "one person with two keys",
    signatures: [goodBy("ed25519"), goodBy("p256")],
    threshold: 2,
    verdict: "too-few",
    by: [ANN],
  },
  {
    why: "two people of three",
    signatures: [goodBy("ed25519"), goodBy("other")],
    threshold: 3,
    verdict: "too-few",
    by: [ANN, BOB],
  },
  {
    why: "two people, one of them twice",
    signatures: [goodBy("ed25519"), goodBy("p256"), goodBy("other")],
    threshold: 2,
    verdict: "trusted",
    by: [ANN, BOB],
  },
  {
    why: "somebody unknown beside one who is known",
    signatures: [goodBy("rsa2048"), goodBy("ed25519")],
    verdict: "trusted",
    by: [ANN],
    refused: ["unknown-key"],
  },
  { why: "no base64", signatures: ["%"], verdict: "refused", refused: ["malformed"] },
  { why: "no SSHSIG", signatures: ["AAAA"], verdict: "refused", refused: ["malformed"] },
  { why: "empty", signatures: [""], verdict: "refused", refused: ["malformed"] },
  {
    why: "nobody known",
    signatures: [goodBy("p384"), REFUSED.p521.signature, REFUSED.rsa1024.signature],
    verdict: "refused",
    refused: ["unknown-key", "unknown-key", "unknown-key"],
  },
  {
    why: "nobody at all to trust",
    signatures: [goodBy("ed25519")],
    signers: [],
    verdict: "refused",
    refused: ["unknown-key"],
  },
  {
    why: "a signature of the same statement for revisions",
    signatures: [REFUSED.otherRole.signature],
    verdict: "refused",
    refused: ["wrong"],
  },
  {
    why: "a token that nobody touched",
    signatures: [REFUSED.untouchedEd25519.signature],
    verdict: "refused",
    refused: ["no-touch"],
  },
  { why: "RSA", signatures: [goodBy("rsa3072")], verdict: "refused", refused: ["RSA"] },
  {
    why: "RSA with SHA-1",
    signatures: [REFUSED.sha1.signature],
    verdict: "refused",
    refused: ["algorithm"],
  },
  {
    why: "a threshold that is no number",
    signatures: [goodBy("ed25519")],
    threshold: NaN,
    verdict: "too-few",
    by: [ANN],
  },
  {
    why: "a good one behind sixteen others",
    signatures: [...Array(16).fill(goodBy("p384")), goodBy("ed25519")],
    verdict: "refused",
    refused: Array(16).fill("unknown-key"),
  },
  { why: "a threshold of 0", signatures: [], threshold: 0, verdict: "unsigned" },
  {
    why: "a threshold of 0, and nobody known",
    signatures: [goodBy("p384")],
    threshold: 0,
    verdict: "refused",
    refused: ["unknown-key"],
  },
];

for (const { why, signatures, threshold = 1, signers = PEOPLE, ...expected } of ROWS) {
  Deno.test(`a blessing is ${expected.verdict}: ${why}, threshold ${threshold}`, () => {
    const judged = judge({ statement: blessing, signatures, signers, threshold });
    assertEquals(judged.verdict, expected.verdict);
    assertEquals(judged.by.map(({ principals }) => principals), [...expected.by ?? []]);
    assertEquals(judged.refused.map(({ reason }) => reason), [...expected.refused ?? []]);
  });
}

/** Whether Ann's signature counts with a line for her key. */
function reasonWith(options: string, statement = blessing): RefusalReason | undefined {
  const signers = signersOf(line(ANN, "ed25519", options));
  const vector = VECTORS.find((one) => one.key === "ed25519" && one.statement === statement.kind);
  assert(vector !== undefined);
  const { refused } = judge({ statement, signatures: [vector.signature], signers, threshold: 1 });
  return refused[0]?.reason;
}

const REASONS: [options: string, reason: RefusalReason | undefined][] = [
  ["", undefined],
  ['namespaces="ftl-bless:*"', undefined],
  ['namespaces="ftl-bless:my_site"', undefined],
  ['namespaces="ftl-spool:*"', "other-namespace"],
  ['namespaces="ftl-bless:my_app"', "other-namespace"],
  ['valid-before="20261125140000Z"', undefined],
  ['valid-before="20261125135959Z"', "other-time"],
  ['valid-after="20261125140000Z"', undefined],
  ['valid-after="20261125140001Z"', "other-time"],
];

for (const [options, reason] of REASONS) {
  Deno.test(`a key with '${options}' ${reason ?? "counts"}`, () => {
    assertEquals(reasonWith(options), reason);
  });
}

Deno.test("a revision that tells no time is trusted by keys without limits only", () => {
  const { "ftl-at": _, ...metadata } = REVISION.metadata;
  const statement = revisionStatement({ ...REVISION, metadata });
  const { bytes: message, namespace } = statement;
  const signatures = [encodeBase64(signWith(parsePrivateKey(PRIVATE_KEY), { message, namespace }))];
  const verdictWith = (options: string): Verdict["verdict"] => {
    const signers = signersOf(line(ANN, "ed25519", options));
    return judge({ statement, signatures, signers, threshold: 1 }).verdict;
  };
  assertEquals(verdictWith(""), "trusted");
  assertEquals(verdictWith('valid-after="20200101"'), "refused");
  assertEquals(verdictWith('valid-before="20990101"'), "refused");
});

Deno.test("a revision needs one signature, also where blessings need two, and may have RSA's", () => {
  const statement = revisionStatement(REVISION);
  for (const key of ["ed25519", "rsa3072"] as const) {
    const vector = VECTORS.find((one) => one.key === key && one.statement === "revision");
    const signatures = [vector?.signature ?? ""];
    assertEquals(
      judge({ statement, signatures, signers: PEOPLE, threshold: 2 }).verdict,
      "trusted",
    );
  }
});

Deno.test("a second line of a key may allow what the first one does not", () => {
  const signers = signersOf(
    line("ci@example.com", "ed25519", 'namespaces="ftl-spool:*"'),
    line(ANN, "ed25519", 'namespaces="ftl-bless:*"'),
  );
  const judged = judge({
    statement: blessing,
    signatures: [goodBy("ed25519")],
    signers,
    threshold: 1,
  });
  assertEquals(judged.by.map(({ principals }) => principals), [ANN]);
});

Deno.test("a signature of one statement is wrong for any other one", () => {
  const { metadata } = BLESSING;
  const others = [
    { ...BLESSING, bucket: "other-deploys" },
    { ...BLESSING, metadata: { ...metadata, "ftl-serial": "1795615200124" } },
    { ...BLESSING, metadata: { ...metadata, "ftl-by": "bob@laptop" } },
    { ...BLESSING, metadata: { ...metadata, "ftl-new": "1" } },
    { ...BLESSING, metadata: { ...metadata, "ftl-size": "110000001" } },
  ].map(blessingStatement);
  for (const statement of others) {
    const judged = judge({
      statement,
      signatures: [goodBy("ed25519")],
      signers: PEOPLE,
      threshold: 1,
    });
    assertEquals(judged.refused.map(({ reason }) => reason), ["wrong"]);
  }
});

Deno.test("judge() trusts nothing of what anybody makes up, and never throws", () => {
  const good: readonly Vector[] = VECTORS.filter(({ key }) => key !== "rsa3072");
  const damaged = fc.tuple(fc.constantFrom(...good), fc.nat()).map(([{ signature }, at]) => {
    const blob = bytesOf(signature);
    return encodeBase64(flipped(blob, at % (8 * blob.length)));
  });
  const anything = fc.oneof(fc.string(), fc.base64String(), damaged);
  const signers = signersOf(...good.map(({ key }) => line("*", key)));
  fc.assert(fc.property(fc.array(anything, { maxLength: 20 }), (signatures) => {
    const { verdict } = judge({ statement: blessing, signatures, signers, threshold: 1 });
    assertEquals(verdict, signatures.length === 0 ? "unsigned" : "refused");
  }));
});
