/** Whatever is unpacked is what was spooled; and what is changed then is found. */
import fc from "fast-check";
import { compareTree, type Finding } from "../../../src/archive/compare.ts";
import { IntegrityError } from "../../../src/errors.ts";
import { assert, assertEquals } from "../../assert.ts";
import { gzip, type Member, pax, stream, tar, zstd } from "../builders.ts";
import { Playground } from "../playground.ts";

/** Few names, so that entries replace, contain and link to each other. */
const path = fc.constantFrom("a", "b", "c", "d/a", "d/b", "d/e/a", "./a", "d//b");
const folder = fc.constantFrom("d/", "d/e/", "c/", "d/b/", "d/b/x/");
/** Without root, a mode may deny FTL itself to look, and this test to change what is there. */
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

interface Entry extends Member {
  /** In PAX form: seconds since 1970, with a fraction. */
  readonly exactly: string | undefined;
}

const entry = fc.record({
  ...{ name: path, folder, mode, content },
  type: fc.constantFrom("0", "0", "0", "1", "1", "2", "5"),
  link: fc.constantFrom("a", "a", "a", "b", "b", "d/a"),
  exactly: fc.option(mtime, { nil: undefined }),
}).map(({ folder, link, content, ...given }): Entry => {
  if (given.type === "0") return { ...given, content };
  return given.type === "5" ? { ...given, name: folder } : { ...given, link };
});

const archive = fc.record({
  entries: fc.array(entry, { minLength: 1, maxLength: 14 }),
  rest: fc.constantFrom("tar", "tgz", "tzst"),
  chunk: fc.constantFrom(100, 512, 4096, 1 << 20),
});

function pack(entries: readonly Entry[], rest: string): Uint8Array {
  const bytes = tar(
    ...entries.flatMap(({ exactly, ...member }) =>
      exactly === undefined ? [member] : [pax({ mtime: exactly }), member]
    ),
  );
  return rest === "tar" ? bytes : rest === "tgz" ? gzip(bytes) : zstd(bytes);
}

/** Unpacks the archive. False if it must not be unpacked. */
async function unpacked(play: Playground, bytes: Uint8Array, rest: string): Promise<boolean> {
  try {
    await play.unpack(bytes, { rest });
    return true;
  } catch (error) {
    if (error instanceof IntegrityError) return false;
    throw error;
  }
}

async function compare(
  play: Playground,
  bytes: Uint8Array,
  { rest, chunk }: { rest: string; chunk: number },
): Promise<readonly Finding[]> {
  const options = { package: "my_site", rest, target: play.target };
  return (await compareTree(stream(bytes, chunk), options)).findings;
}

Deno.test("what was unpacked has no findings, whatever the archive replaces and links", async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(archive, async ({ entries, rest, chunk }) => {
      using play = new Playground();
      const bytes = pack(entries, rest);
      if (!await unpacked(play, bytes, rest)) return;
      accepted++;
      assertEquals(await compare(play, bytes, { rest, chunk }), []);
    }),
    { numRuns: 600 },
  );
  assert(accepted > 150, `${accepted} of 600 archives could be unpacked`);
});

/** Changes what is at a path. Returns what must be found there. */
const TAMPERINGS: readonly ((place: string, info: Deno.FileInfo) => Finding["finding"])[] = [
  (place) => {
    Deno.removeSync(place, { recursive: true });
    return "missing";
  },
  (place, info) => {
    if (info.isSymlink) {
      const target = Deno.readLinkSync(place);
      Deno.removeSync(place);
      Deno.symlinkSync(`${target}x`, place);
    } else Deno.chmodSync(place, (info.mode ?? 0) & 0o777 ^ 0o200);
    return "changed";
  },
  (place, info) => {
    Deno.removeSync(place, { recursive: true });
    if (info.isSymlink) Deno.writeTextFileSync(place, "x");
    else Deno.symlinkSync("x", place);
    return "changed";
  },
  (place, info) => {
    if (info.isFile) {
      const bytes = Deno.readFileSync(place);
      const changed = bytes.length === 0 ? Uint8Array.of(1) : bytes.map((byte) => byte ^ 1);
      Deno.writeFileSync(place, changed);
      Deno.utimeSync(place, info.mtime ?? 0, info.mtime ?? 0);
      return "changed";
    }
    Deno.removeSync(place, { recursive: true });
    Deno.writeTextFileSync(place, "in its place");
    return "changed";
  },
];

/** Paths of all that is below a folder. */
function pathsBelow(target: string, below = ""): string[] {
  return [...Deno.readDirSync(`${target}/${below}`)].flatMap(({ name, isDirectory }) => {
    const path = below === "" ? name : `${below}/${name}`;
    return [path, ...(isDirectory ? pathsBelow(target, path) : [])];
  });
}

Deno.test("whatever is changed in what was unpacked is found", async () => {
  const place = fc.nat(100);
  const tampering = fc.nat(TAMPERINGS.length - 1);
  await fc.assert(
    fc.asyncProperty(archive, place, tampering, async (given, at, which) => {
      using play = new Playground();
      const { entries, rest, chunk } = given;
      const bytes = pack(entries, rest);
      if (!await unpacked(play, bytes, rest)) return;
      const paths = pathsBelow(play.target).sort();
      const path = paths[at % Math.max(1, paths.length)];
      if (path === undefined) return;
      const tampered = `${play.target}/${path}`;
      const expected = TAMPERINGS[which]?.(tampered, Deno.lstatSync(tampered));
      const findings = await compare(play, bytes, { rest, chunk });
      const found = findings.find((finding) => finding.path === path);
      assertEquals(found?.finding, expected, JSON.stringify({ path, findings }));
      const isOnlyTime = found?.differences.some(({ what }) => what !== "time") === false;
      assert(expected === "missing" || !isOnlyTime, JSON.stringify(findings));
    }),
    { numRuns: 400 },
  );
});
