/** Archives with few names, so that entries replace, contain and link to each other. */
import fc from "fast-check";
import { gzip, type Member, pax, tar, zstd } from "./builders.ts";

const path = fc.constantFrom(
  "a",
  "b",
  "c",
  "d/a",
  "d/b",
  "d/e/a",
  "./a",
  "d//b",
  "d/\u{1f600}",
  "d/\uffee",
);
const folder = fc.constantFrom("d/", "d/e/", "c/", "d/b/", "d/b/x/", "./");
/** Without root, a mode may deny a test to look at what is there. */
const mode = fc.integer({ min: 0, max: 0o777 }).map((bits) =>
  Deno.uid() === 0 ? bits : bits | 0o700
);
const content = fc.oneof(
  fc.constantFrom("", "x", "y", "the same", "x".repeat(512), "y".repeat(1500)),
  fc.string({ maxLength: 20 }),
);
const mtime = fc.oneof(
  fc.constantFrom("0", "-1", "-1.5", "1500000000", "1500000000.25", "99999999999", "-9999999999"),
  fc.double({ min: -3e9, max: 2e10, noNaN: true }).map((seconds) => seconds.toFixed(9)),
);

interface Given extends Member {
  /** In PAX form: seconds since 1970, with a fraction. */
  readonly exactly: string | undefined;
}

const entry = fc.record({
  ...{ name: path, folder, mode, content },
  type: fc.constantFrom("0", "0", "0", "1", "1", "2", "5"),
  link: fc.constantFrom("a", "a", "a", "b", "b", "d/a", "./a"),
  exactly: fc.option(mtime, { nil: undefined }),
}).map(({ folder, link, content, ...given }): Given => {
  if (given.type === "0") return { ...given, content };
  return given.type === "5" ? { ...given, name: folder } : { ...given, link };
});

function pack(entries: readonly Given[], rest: string): Uint8Array {
  const bytes = tar(
    ...entries.flatMap(({ exactly, ...member }) => {
      const named = { path: member.name, ...(exactly === undefined ? {} : { mtime: exactly }) };
      return [pax(named), { ...member, name: "x" }];
    }),
  );
  return rest === "tar" ? bytes : rest === "tgz" ? gzip(bytes) : zstd(bytes);
}

/** Many of them must not be unpacked: they would replace a folder, or go through a link. */
export const archive = fc.record({
  entries: fc.array(entry, { minLength: 1, maxLength: 14 }),
  rest: fc.constantFrom("tar", "tgz", "tzst"),
  chunk: fc.constantFrom(100, 512, 4096, 1 << 20),
}).map(({ entries, rest, chunk }) => ({ bytes: pack(entries, rest), rest, chunk }));
