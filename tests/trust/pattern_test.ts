/** Patterns as OpenSSH has them. */
import fc from "fast-check";
import { assert, assertEquals } from "../assert.ts";
import { fitsPattern, fitsPatternList, mayOverlap } from "../../src/trust/pattern.ts";

const FIT: [text: string, pattern: string, fits: boolean][] = [
  ["", "", true],
  ["", "*", true],
  ["", "?", false],
  ["a", "", false],
  ["my_site", "my_*", true],
  ["my_site", "my_?ite", true],
  ["my_site", "*site", true],
  ["my_site", "*s*e", true],
  ["my_site", "*s*x", false],
  ["my_site", "my_site*", true],
  ["my_site", "my_site?", false],
  ["my_site", "my_sit", false],
  ["abcabd", "*abd", true],
  ["aaab", "a*ab", true],
  ["a.b", "a.b", true],
  ["axb", "a.b", false],
  ["a[b]", "a[b]", true],
  ["**", "**", true],
];

for (const [text, pattern, fits] of FIT) {
  Deno.test(`${JSON.stringify(pattern)} ${fits ? "fits" : "does not fit"} ${JSON.stringify(text)}`, () => {
    assertEquals(fitsPattern(text, pattern), fits);
  });
}

Deno.test("fitsPattern() says the same as a regular expression", () => {
  const few = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 });
  const wild = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 8 });
  fc.assert(
    fc.property(few, wild, (text, pattern) => {
      const expected = new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`);
      assertEquals(fitsPattern(text, pattern), expected.test(text));
    }),
    { numRuns: 2000 },
  );
});

const LISTS: [text: string, list: string, fits: boolean][] = [
  ["a", "b,a", true],
  ["a", "b,c", false],
  ["a", "", false],
  ["a", "*,!a", false],
  ["a", "!a,*", false],
  ["a", "!b,*", true],
  ["a", "!b", false],
  ["a", " a", false],
];

for (const [text, list, fits] of LISTS) {
  Deno.test(`the list ${JSON.stringify(list)} ${fits ? "fits" : "does not fit"} ${text}`, () => {
    assertEquals(fitsPatternList(text, list), fits);
  });
}

Deno.test("mayOverlap() is true for any two patterns that one text fits", () => {
  const few = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 4 });
  const wild = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 4 });
  fc.assert(
    fc.property(few, wild, wild, (text, a, b) => {
      assertEquals(mayOverlap(a, b), mayOverlap(b, a));
      if (fitsPattern(text, a) && fitsPattern(text, b)) assert(mayOverlap(a, b));
    }),
    { numRuns: 2000 },
  );
  assert(!mayOverlap("ann@example.com", "bob@example.com"));
  assert(!mayOverlap("*@example.org", "bob@example.com"));
});
