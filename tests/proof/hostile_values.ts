/** Texts and JSON as nobody should write them, for whatever reads what others may have written. */
import fc from "fast-check";
import { isRevisionId } from "../../src/revision/names.ts";
import { newSeed } from "../random.ts";

/** As `deno task prove` says; a test of its own tries fewer. */
export const SEED = Number(Deno.env.get("PROVE_SEED") ?? newSeed());
/** Inputs of each property. */
export const INPUTS = Number(Deno.env.get("PROVE_INPUTS") ?? 2000);

/** Text of names and of what is dangerous in them. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.constantFrom("a", "Z", "0", ".", "..", "/", "-", "_", " ", "\n", "\0", "rev", "site"))
    .map((parts) => parts.join("")),
);

export const anyRevisionId = fc.stringMatching(/^[A-Za-z0-9_-]{6,14}$/).filter(isRevisionId);

/** Times that are right, that no clock shows, and that no `Date` can hold. */
export const anyTime: fc.Arbitrary<string> = fc.constantFrom(
  ...["2026-11-25T14:00:03.000Z", "2026-11-25T14:00:03Z", "2026-11-25", "2026-13-45T99:00:00Z"],
  ...["0000-01-01T00:00:00Z", "+275760-09-13T00:00:00.000Z", "+275760-09-13T00:00:00.001Z"],
  ...["-271821-04-20T00:00:00.000Z", "9999-12-31T23:59:59.999Z", "1", "now", ""],
);

/** Numbers that are right, and those that JSON can hold and no count should be. */
export const anyNumber: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(
    ...[0, 1, 2, 17, 3600, -1, 0.5, 1e9, 1e12, 1e15, 1e16, 1e300, -1e300, 5e-324],
    ...[2 ** 53 - 1, 2 ** 53, 1795615200123, 999_999_999_999, 1_000_000_000_000],
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const shallow = fc.oneof(
  anyText,
  anyTime,
  anyNumber,
  fc.constantFrom(true, false, null, [], {}, [null], { toString: 1 }, "constructor", "__proto__"),
);

/** Whatever a member of JSON can be. */
export const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: shallow },
  { weight: 1, arbitrary: fc.array(shallow, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.dictionary(anyText, shallow, { maxKeys: 3 }) },
);

/** Members as they should be, mostly: each may be something else, or be missing. */
export function spoiled(
  members: Readonly<Record<string, fc.Arbitrary<unknown>>>,
): fc.Arbitrary<Record<string, unknown>> {
  const each = Object.entries(members).map(([name, right]) =>
    fc.oneof(
      { weight: 8, arbitrary: right },
      { weight: 1, arbitrary: anyValue },
      { weight: 1, arbitrary: fc.constant(undefined) },
    ).map((value) => [name, value] as const)
  );
  return fc.tuple(...each).map((pairs) =>
    Object.fromEntries(pairs.filter(([, value]) => value !== undefined))
  );
}

/** The text of a JSON file: mostly of that value, sometimes cut, with a byte replaced, or another one. */
export function textOf(value: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const whole = value.map((of) => JSON.stringify(of));
  const cut = fc.tuple(whole, fc.nat(400)).map(([text, length]) => text.slice(0, length));
  const edited = fc.tuple(whole, fc.nat(400), anyText)
    .map(([text, at, put]) => text.slice(0, at) + put + text.slice(at + 1));
  return fc.oneof(
    { weight: 20, arbitrary: whole },
    { weight: 2, arbitrary: cut },
    { weight: 2, arbitrary: edited },
    { weight: 1, arbitrary: anyText },
    { weight: 1, arbitrary: anyValue.map((of) => JSON.stringify(of)) },
  );
}
