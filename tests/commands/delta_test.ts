import { DeltaObjects } from "../../src/commands/sync/delta_objects.ts";
import { patchKey, treeKey } from "../../src/revision/keys.ts";
import type { RevisionId } from "../../src/revision/names.ts";
import { assertEquals, assertMatch } from "../assert.ts";
import { factsOf } from "../machine/delta/independent_walk.ts";
import { Random } from "../random.ts";
import { DeltaFleet, patchOf, putBytes, type Spooled } from "./delta_fleet.ts";
import { existing, site, wholeOf } from "./delta_site.ts";

const ALWAYS = { FTL_DELTA: "always" };

Deno.test("a revision that comes by a delta is the same as one that comes whole", async () => {
  using fleet = new DeltaFleet();
  await fleet.release(...site(1));
  const [first] = await fleet.sync("web", ALWAYS);
  assertEquals([first?.how, first?.fallback], ["whole", undefined]);
  const next = await fleet.release(...site(2));
  const [second] = await fleet.sync("web", ALWAYS);
  assertEquals([second?.how, second?.fallback], ["delta", undefined]);
  const whole = await wholeOf(fleet, (name) => fleet.at(name, next));
  assertEquals(factsOf(fleet.at("web", next)), whole);
});

interface Trouble {
  readonly what: string;
  readonly make: (fleet: DeltaFleet, revisions: { base: Spooled; next: Spooled }) => unknown;
  readonly why: RegExp;
}

const ID = "VZ5vQk8aR4G";

const TROUBLES: readonly Trouble[] = [
  {
    what: "no patch",
    make: (fleet, { base, next }) => fleet.bucket.remove(patchKey(next.revision, base.revision.id)),
    why: /^S3 has no patch from my_site\./,
  },
  {
    what: "the right to read patches denied",
    make: (fleet) => fleet.bucket.deny("getBytes", 1),
    why: /no patch from .*, or denies it/,
  },
  {
    what: "a patch that is none",
    make: (fleet, { base, next }) =>
      putBytes(
        fleet.bucket,
        patchKey(next.revision, base.revision.id),
        new TextEncoder().encode("nonsense\n"),
      ),
    why: /./,
  },
  {
    what: "a damaged patch",
    make: (fleet, { base, next }) => {
      const patch = patchOf(base, next);
      patch[patch.length - 10] = (patch[patch.length - 10] ?? 0) ^ 0xff;
      return putBytes(fleet.bucket, patchKey(next.revision, base.revision.id), patch);
    },
    why: /./,
  },
  {
    what: "a patch for another revision",
    make: (fleet, { base, next }) =>
      fleet.putPatch(base, next, {
        change: (head) => ({ ...head, to: { ...head.to, id: ID as RevisionId } }),
      }),
    why: /for other revisions/,
  },
  {
    what: "a patch for another object",
    make: (fleet, { base, next }) =>
      fleet.putPatch(base, next, {
        change: (head) => ({ ...head, to: { ...head.to, size: head.to.size + 1 } }),
      }),
    why: /for other revisions/,
  },
  {
    what: "a patch that claims another tree",
    make: (fleet, { base, next }) =>
      fleet.putPatch(base, next, {
        change: (head) => ({ ...head, to: { ...head.to, tree: "0".repeat(64) } }),
      }),
    why: /./,
  },
  {
    what: "no tree of the base",
    make: (fleet, { base }) => fleet.bucket.remove(treeKey(base.revision)),
    why: /tree is not known/,
  },
  {
    what: "the base's tree of another object",
    make: (fleet, { base }) =>
      fleet.putTree({ ...base, object: { ...base.object, sha256: "0".repeat(64) } }),
    why: /tree is not known/,
  },
  {
    what: "a tree that is none",
    make: (fleet, { base }) =>
      putBytes(fleet.bucket, treeKey(base.revision), new Uint8Array(100), {
        "ftl-sha256": base.object.sha256,
      }),
    why: /tree is not known/,
  },
];

Deno.test("whatever is wrong in S3, the revision comes whole", async (t) => {
  using fleet = new DeltaFleet();
  let base = await fleet.release(...site(0));
  await fleet.sync("web", ALWAYS);
  for (const [i, { what, make, why }] of TROUBLES.entries()) {
    await t.step(what, async () => {
      const next = await fleet.release(...site(1 + i));
      await make(fleet, { base, next });
      const [fetched] = await fleet.sync("web", { FTL_SPARE: "0", ...ALWAYS });
      assertEquals(fetched?.how, "whole");
      assertMatch(fetched?.fallback ?? "", why);
      const whole = await wholeOf(fleet, (name) => fleet.at(name, next));
      assertEquals(factsOf(fleet.at("web", next)), whole);
      assertEquals(existing(fleet.pkg("web").staging), []);
      base = next;
    });
  }
});

Deno.test("without a spare, only FTL_DELTA=always takes a delta", async () => {
  using fleet = new DeltaFleet();
  await fleet.release(...site(1));
  await fleet.sync("web");
  await fleet.release(...site(2));
  const calls = fleet.bucket.calls.length;
  const [fetched] = await fleet.sync("web");
  assertEquals([fetched?.how, fetched?.fallback], ["whole", undefined]);
  assertMatch(fetched?.noGain ?? "", /^there is no spare/);
  const asked = fleet.bucket.calls.slice(calls).filter((call) => call === "head");
  assertEquals(asked.length <= 1, true, "nothing is asked for a delta that would not be used");
});

Deno.test("who is refused one patch may still get the one for another base", async () => {
  using fleet = new DeltaFleet();
  const { revision } = await fleet.release(...site(1));
  const objects = new DeltaObjects(fleet.bucket, new AbortController().signal);
  fleet.bucket.deny("getBytes", 1);
  assertEquals(await objects.get(treeKey(revision), 10_000), undefined);
  assertEquals([objects.isDenied, objects.moved], [true, 0]);
  assertEquals((await objects.get(treeKey(revision), 10_000)) === undefined, false);
});

Deno.test("the tree of the base is fetched once, and then it is kept", async () => {
  using fleet = new DeltaFleet();
  await fleet.release(...site(1));
  await fleet.sync("web", ALWAYS);
  await fleet.release(...site(2));
  const [first] = await fleet.sync("web", ALWAYS);
  await fleet.release(...site(3));
  const [second] = await fleet.sync("web", ALWAYS);
  assertEquals([first?.how, second?.how], ["delta", "delta"]);
  const [moved = 0, later = 0] = [first?.moved, second?.moved];
  assertEquals(later < moved, true, `${moved} B, then ${later} B`);
});

Deno.test("a large object brings its tree along, so that the first delta moves the patch only", async () => {
  using fleet = new DeltaFleet();
  const large = { name: "large", content: new Random(1).text(2 << 20) };
  const base = await fleet.release(...site(1, [large]));
  const [whole] = await fleet.sync("web", ALWAYS);
  assertEquals(whole?.how, "whole");
  const next = await fleet.release(...site(2, [large]));
  await fleet.bucket.remove(treeKey(base.revision));
  const [fetched] = await fleet.sync("web", ALWAYS);
  assertEquals(fetched?.how, "delta", fetched?.fallback);
  const patch = await fleet.bucket.head(patchKey(next.revision, base.revision.id));
  assertEquals(fetched?.moved, patch?.size);
});
