/** How many different people signed: see `verdict.ts`. */
import fc from "fast-check";
import { assert, assertEquals } from "../assert.ts";
import { parseTrustedKeys } from "../../src/trust/allowed_signers.ts";
import { judge } from "../../src/trust/verdict.ts";
import { goodBy, line, signersOf, statementOf } from "./allowed.ts";
import { KEYS, VECTORS } from "./vectors.ts";

const blessing = statementOf({ statement: "blessing" });

const TWO: [first: string, second: string, people: number][] = [
  ["ann", "bob", 2],
  ["ann", "ann", 1],
  ["ann", "ANN", 1],
  ["ann,ann@home", "bob,ann@home", 1],
  ["*", "bob", 1],
  ["*@example.com", "bob@example.org", 2],
  ["*@example.com", "bob@example.com", 1],
  ["a*", "b*", 1],
  ["!bob,ann", "bob", 2],
];

for (const [first, second, people] of TWO) {
  Deno.test(`keys of '${first}' and of '${second}' count as ${people}`, () => {
    const signers = signersOf(line(first, "ed25519"), line(second, "other"));
    const signatures = [goodBy("ed25519"), goodBy("other")];
    assertEquals(
      judge({ statement: blessing, signatures, signers, threshold: 2 }).by.length,
      people,
    );
  });
}

Deno.test("the key of everybody takes nobody's signature away from two people", () => {
  const signers = signersOf(line("ann", "ed25519"), line("bob", "other"), line("*", "p256"));
  const signatures = [goodBy("p256"), goodBy("ed25519"), goodBy("other")];
  const judged = judge({ statement: blessing, signatures, signers, threshold: 2 });
  assertEquals(judged.verdict, "trusted");
  assertEquals(judged.by.map(({ principals }) => principals), ["ann", "bob"]);
});

Deno.test("keys alone are different people", () => {
  const signers = parseTrustedKeys(`${KEYS.ed25519},${KEYS.other}`);
  const signatures = [goodBy("ed25519"), goodBy("other")];
  assertEquals(
    judge({ statement: blessing, signatures, signers, threshold: 2 }).verdict,
    "trusted",
  );
});

Deno.test("a further signature never takes trust away", () => {
  const all = VECTORS.filter(({ statement }) => statement === "blessing");
  const names = fc.constantFrom("ann", "bob", "ann,bob", "*", "a*", "cid", "!ann,bob");
  const keys = [...new Set(all.map(({ key }) => key))];
  const signers = fc.tuple(...keys.map((key) => names.map((name) => line(name, key))))
    .map((lines) => signersOf(...lines));
  const some = fc.array(fc.constantFrom(...all.map(({ signature }) => signature)), {
    maxLength: 6,
  });
  fc.assert(
    fc.property(signers, some, some, (signers, first, more) => {
      const people = (signatures: readonly string[]): number =>
        judge({
          statement: blessing,
          signatures,
          signers,
          threshold: 1,
        })
          .by.length;
      assert(people(first) <= people([...first, ...more]));
      assertEquals(people(first), people(first.toReversed()));
    }),
    { numRuns: 50 },
  );
});
