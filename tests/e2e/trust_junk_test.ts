/** Attacks on a fleet that trusts signatures, by much data: what a sync asks and reads stays bounded. */
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { testWith } from "../required_program.ts";
import { AWS } from "./attacker.ts";
import { keyOf, TrustingFleet } from "./trusting_fleet.ts";

/** In bytes: what S3 sends for a sync that needs nothing large. */
const LITTLE = 256 * 1024;

testWith(AWS, "a pointer that is full of junk costs a sync no more than another", async () => {
  await using all = await TrustingFleet.start();
  const { attacker, fleet } = all;
  const web = all.machine("web");
  const first = await all.release("one");
  await all.syncs(web, first);
  const good = await attacker.steal("a.rev");
  const { "ftl-sig-1": genuine = "", ...rest } = good.metadata;
  const used = Object.entries(good.metadata).reduce(
    (sum, [name, value]) => sum + name.length + value.length,
    0,
  );
  const junk = (count: number): Record<string, string> =>
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [`ftl-sig-${i + 1}`, btoa(`junk ${i}`)]),
    );
  const attacks: Readonly<Record<string, [Record<string, string>, why: string]>> = {
    "one large field": [
      { ...good.metadata, "ftl-junk": "x".repeat(2040 - used - "ftl-junk".length) },
      "it is of something else, or what it signed was changed",
    ],
    "sixteen signatures before the true one": [
      { ...rest, ...junk(16), "ftl-sig-17": genuine },
      "signature 16: it is malformed",
    ],
    "fifty short ones": [{ ...rest, ...junk(50) }, "signature 1: it is malformed"],
  };
  for (const [name, [metadata, why]] of Object.entries(attacks)) {
    await attacker.put({ ...good, metadata });
    fleet.server.clearLog();
    await all.refuses(web, { runs: first, why });
    assertAsked(all, ["GetObject", "ListObjectsV2"], name);
  }
  // Fifteen before the true one only cost time.
  await attacker.put({ ...good, metadata: { ...rest, ...junk(15), "ftl-sig-16": genuine } });
  await all.syncs(web, first);
  // Metadata of other tools is no part of what is signed, as FTL does not use it.
  await attacker.put({
    ...good,
    metadata: { ...good.metadata, other: "x".repeat(2040 - used - 5) },
  });
  await all.syncs(web, first);
  await attacker.putText("a.rev", new Uint8Array(64 << 20), good.metadata);
  fleet.server.clearLog();
  await all.refuses(web, { runs: first, why: "a.rev" });
  // What is under way when the client ends the request is lost, and no more.
  assertAsked(all, ["GetObject", "ListObjectsV2"], "64 MiB", 16 << 20);
});

testWith(AWS, "a thousand junk candidates cost a sync some requests and no download", async () => {
  await using all = await TrustingFleet.start();
  const { attacker, fleet } = all;
  const web = all.machine("web");
  const first = await all.release("one");
  await all.syncs(web, first);
  const folder = attacker.folder("junk");
  const packed = Deno.readFileSync(await all.pack("bad"));
  for (let i = 0; i < 1000; i++) {
    Deno.writeFileSync(`${folder}/${keyOf(`a.z0000${String(i).padStart(4, "0")}`)}`, packed);
  }
  await attacker.upload(folder);
  fleet.server.clearLog();
  const told = await all.syncs(web, first);
  assertStringIncludes(told, "revisions are not trusted, and not fetched: a.z0000");
  // One for each revision that would be kept ready.
  assertEquals(all.asked("HeadObject").length, 3);
  assertAsked(all, ["HeadObject", "ListObjectsV2"], "junk keys", 1 << 20);
  fleet.server.clearLog();
  const second = await all.release("two");
  await all.syncs(web, second);
  await all.syncs(all.machine("new"), second);
  assertEquals(all.ran, ["one", "two"]);
});

/** Asserts which operations there were, and that little was sent for them. */
function assertAsked(
  { fleet }: TrustingFleet,
  operations: string[],
  what: string,
  most = LITTLE,
): void {
  const { log } = fleet.server;
  assertEquals([...new Set(log.map(({ operation }) => operation))].sort(), operations, what);
  assert(log.length <= 8, `${what}: ${log.length} requests`);
  const sent = log.reduce((sum, one) => sum + one.sent, 0);
  assert(sent < most, `${what}: ${sent} bytes`);
}
