/**
 * The user's view of a store that lacks something: the work is done, and a warning comes once or not at all.
 */
import { assertEquals, assertMatch } from "../assert.ts";
import {
  ignoringConditions,
  type Lacking,
  LackingStore,
  matchingUnquoted,
  refusal,
  withoutChecksums,
  withoutConditions,
  withoutPartChecksums,
} from "../bucket/s3/lacking_store.ts";
import { Fleet } from "./fleet.ts";
import { Buffer } from "node:buffer";

Deno.test("a store without conditional writes gets plain writes, with a warning", async () => {
  await using fleet = await Fleet.start();
  for (const method of ["PUT", "POST"]) {
    fleet.server.addFault({ method, fault: { kind: "no-conditional-writes" } });
  }
  const spooled = await fleet.ftl(["spool", await fleet.pack("a.tgz", { v: "1" })]);
  assertEquals(spooled.code, 0, spooled.stderr);
  assertMatch(
    spooled.stderr,
    /^warning: The store of s3:\/\/deploys does not support conditional writes/m,
  );
  const revision = spooled.stdout.trim();
  const blessed = await fleet.ftl(["jump", "--master", revision]);
  assertEquals(blessed.code, 0, blessed.stderr);
  assertEquals((await fleet.bucket().getSmall("a.rev"))?.text, revision);
  const big = fleet.folder.write("big.bin", new Uint8Array(17_000_000));
  const large = await fleet.ftl(["spool", big]);
  assertEquals(large.code, 0, large.stderr);
});

/** The part of a warning before its colon. */
const CONDITIONS = "does not support conditional writes";
const HEED = "ignores the conditions of writes (If-Match)";
const CHECKSUMS = "does not accept SHA-256 checksums (x-amz-checksum-sha256)";
const PARTS = "does not accept the parts' checksums at the end of an upload in parts";

const NOT_IMPLEMENTED = "A header you provided implies functionality that is not implemented";

/** By the store's fault: the warnings of a blessing, and of a spool of 20 MB in parts. */
const STORES: readonly (readonly [name: string, Lacking, bless: string, spool?: string])[] = [
  ["matches unquoted ETags only", matchingUnquoted(), ""],
  ["refuses the checksums of parts", withoutPartChecksums(), "", PARTS],
  [
    "answers 501 to checksums",
    withoutChecksums(() => refusal(501, "NotImplemented", NOT_IMPLEMENTED)),
    CHECKSUMS,
    CHECKSUMS,
  ],
  ["has no conditions", withoutConditions(), CONDITIONS],
  ["ignores conditions", ignoringConditions(), HEED],
];

for (const [name, lacking, bless, spool] of STORES) {
  Deno.test(`ftl works with a store that ${name}, and each command warns at most once`, async () => {
    await using fleet = await Fleet.start();
    await using store = LackingStore.before(fleet.server, { lacking });
    const env = store.env();
    const warnings = async (args: readonly string[]): Promise<string> => {
      const { code, stderr } = await fleet.ftl(args, { env });
      assertEquals(code, 0, stderr);
      const told = stderr.matchAll(/^warning: The store of s3:\/\/deploys ([^:]+):/gm);
      return [...told].map(([, said]) => said).join("\n");
    };
    const master = async (): Promise<string> => await fleet.ok(["list", "--master", "a"], { env });

    const [first, second] = [
      await fleet.spool("a.tgz", { x: "1" }),
      await fleet.spool("a.tgz", { x: "2" }),
    ];
    assertEquals(await warnings(["jump", "--master", first]), bless);
    assertEquals(await warnings(["jump", "--master", second]), bless);
    assertEquals(await master(), `${first}\n${second}\t(active)`);
    assertEquals(await warnings(["jump-back", "--master", "a"]), bless);
    assertEquals(await master(), `${first}\t(active)\n${second}`);
    const turns = ["jump", "--master", second, "--percent", "50", "--at-once", "1"];
    const { code, stderr } = await fleet.ftl(turns, { env });
    assertEquals(code, [CONDITIONS, HEED].includes(bless) ? 2 : 0, stderr);

    if (spool === undefined) return;
    const bytes = new Uint8Array(20_000_000).fill(7, 1000, 10_000_000);
    assertEquals(await warnings(["spool", fleet.folder.write("large.bin", bytes)]), spool);
    const [object] = await fleet.bucket().list("large.");
    const { key = "", etag = "" } = object ?? {};
    const { body } = await fleet.bucket().read(key, { etag });
    const stored = new Uint8Array(await new Response(body).arrayBuffer());
    assertEquals(Buffer.compare(stored, bytes), 0);
  });
}
