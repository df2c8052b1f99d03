/** Whatever is unpacked is what was spooled; and what is changed then is found. */
import fc from "fast-check";
import { compareTree, type Finding } from "../../../src/archive/compare.ts";
import { IntegrityError } from "../../../src/errors.ts";
import { assert, assertEquals } from "../../assert.ts";
import { stream } from "../builders.ts";
import { Playground } from "../playground.ts";
import { archive } from "../random_archives.ts";

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
    fc.asyncProperty(archive, async ({ bytes, rest, chunk }) => {
      using play = new Playground();
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
      const { bytes, rest, chunk } = given;
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
