/** Hashes of trees: who says them, how they come into the pointer, and what a machine makes of them. */
import { assert, assertEquals, assertMatch, assertRejects } from "../assert.ts";
import { IntegrityError, UntrustedError } from "../../src/errors.ts";
import {
  readPointerState,
  readRevisionState,
  writeRevisionState,
} from "../../src/machine/state.ts";
import { SignedRevisions } from "../../src/machine/trust/signed_revisions.ts";
import { fetchPackageListing } from "../../src/catalog/remote_package.ts";
import type { RevisionName } from "../../src/revision/names.ts";
import { readTrustPolicy } from "../../src/trust/trust.ts";
import { A, dirOf, idOf, keyOf, SignedFleet } from "./signed_fleet.ts";
import { SigningFleet } from "./signing_fleet.ts";

const TREE = "0a".repeat(32);
const OTHER = "a0".repeat(32);

/** A revision that tells the hash of its tree, signed by CI. */
async function withTree(fleet: SignedFleet, content: string, tree: string): Promise<RevisionName> {
  const revision = await fleet.unsignedBuild(content);
  tell(fleet, revision, tree);
  fleet.sign(keyOf(revision), fleet.ci);
  return revision;
}

/** One that tells none, signed by CI. */
async function withoutTree(fleet: SignedFleet, content: string): Promise<RevisionName> {
  const revision = await fleet.unsignedBuild(content);
  fleet.bucket.rewrite(keyOf(revision), ({ metadata: { "ftl-tree": _, ...metadata } }) => ({
    metadata,
  }));
  fleet.sign(keyOf(revision), fleet.ci);
  return revision;
}

function tell({ bucket }: Pick<SignedFleet, "bucket">, revision: RevisionName, tree: string): void {
  bucket.rewrite(keyOf(revision), ({ metadata }) => ({
    metadata: { ...metadata, "ftl-tree": tree },
  }));
}

Deno.test("the pointer takes over the tree of what is blessed, and the machine keeps it", async () => {
  using fleet = new SignedFleet();
  const first = await withTree(fleet, "1", TREE);
  await fleet.bless(first);
  const web = fleet.machine();
  const { activated, failures } = await fleet.sync(web);
  assertEquals([activated, failures], [first, []]);
  assertEquals(readPointerState(dirOf(web))?.object?.tree, TREE);
  const second = await withoutTree(fleet, "2");
  await fleet.bless(second);
  assertEquals((await fleet.sync(web)).activated, second);
  assertEquals(readPointerState(dirOf(web))?.object?.tree, undefined, "it tells none");
});

Deno.test("a revision that the pointer does not name is of the tree that was signed with it", async () => {
  using fleet = new SignedFleet();
  const revision = await withTree(fleet, "1", TREE);
  const policy = await readTrustPolicy(fleet.machine().config);
  assert(policy !== undefined);
  const { revisions } = await fetchPackageListing(fleet.bucket, A);
  const [listed] = revisions;
  assert(listed !== undefined);
  const look = async (): Promise<string | undefined> => {
    const signed = new SignedRevisions(fleet.bucket, policy);
    await signed.look([listed], new AbortController().signal);
    return signed.of(listed)?.content?.tree;
  };
  assertEquals(await look(), TREE);
  tell(fleet, revision, OTHER);
  assertEquals(await look(), undefined, "nobody has signed that");
});

Deno.test("what was made of an older revision stays only if its tree is the signed one", async (t) => {
  const cases = [
    ["delta", TREE, TREE, true],
    ["spare", TREE, TREE, true],
    ["delta", OTHER, TREE, false],
    ["spare", undefined, TREE, false],
    ["delta", TREE, undefined, false],
    ["whole", undefined, TREE, true],
    ["whole", OTHER, TREE, true],
    [undefined, undefined, TREE, true],
    ["delta", TREE, undefined, true, true],
    ["delta", OTHER, TREE, false, true],
  ] as const;
  for (const [how, tree, signed, stays, wasSigned] of cases) {
    await t.step(
      `${how} of ${tree?.slice(0, 2)}, signed ${signed?.slice(0, 2)}, ${stays}`,
      async () => {
        using fleet = new SignedFleet();
        await fleet.release("1");
        const second = signed === undefined
          ? await withoutTree(fleet, "2")
          : await withTree(fleet, "2", signed);
        const web = fleet.machine();
        assert((await fleet.sync(web)).fetched.includes(second));
        const pkg = dirOf(web);
        const state = readRevisionState(pkg, idOf(second));
        assert(state !== undefined);
        writeRevisionState(pkg, idOf(second), {
          ...{ ...state, how, tree },
          ...(wasSigned === undefined ? {} : { treeSigned: wasSigned }),
        });
        await fleet.bless(second);
        const { activated, fetched, failures } = await fleet.sync(web);
        assertEquals([activated, failures, fetched], [second, [], stays ? [] : [second]]);
      },
    );
  }
});

Deno.test("without FTL_TRUST nobody vouches for a tree that only another one has named", async () => {
  using all = new SigningFleet();
  const [own, next] = await all.revisions(2, all.alone("ann"));
  assert(own !== undefined && next !== undefined);
  const { "ftl-tree": tree = "" } = await all.metadata(`${next}.tgz`);
  assertMatch(tree, /^[0-9a-f]{64}$/);
  await all.bless(all.alone("ann"), own);
  const changes = [
    () => all.bless(all.alone("ann"), next),
    () => all.stage(all.alone("ann"), next, { size: { percent: 10 } }),
  ];
  // Who can write to the bucket names another tree, and leaves the signature, or signs it himself.
  const attacks = [
    () =>
      all.bucket.rewrite(`${next}.tgz`, ({ metadata }) => ({
        metadata: { ...metadata, "ftl-tree": OTHER },
      })),
    () => all.tellTree(next, OTHER, "eve"),
  ];
  for (const attack of attacks) {
    attack();
    for (const change of changes) await assertRejects(change, UntrustedError, "is not trusted");
    const { "ftl-next-tree": none } = await all.metadata();
    assertEquals([await all.text, none], [own, undefined]);
  }
  all.tellTree(next, tree, "ann");
  for (const change of changes.reverse()) await change();
  assertEquals((await all.metadata())["ftl-tree"], tree);
});

Deno.test("who signs second does not vouch for a tree that the revision does not tell", async () => {
  using all = new SigningFleet();
  const two = { FTL_TRUST_THRESHOLD: "2" };
  const [old] = await all.revisions(1);
  assert(old !== undefined);
  await all.bless(all.as("ann", two), old);
  await all.tamper({ "ftl-tree": OTHER });
  await all.signOver("ann");
  await assertRejects(() => all.bless(all.as("bob", two), old), IntegrityError, "another object");
});

Deno.test("a tree is left out before signatures lack room", async () => {
  using all = new SigningFleet();
  const [old] = await all.revisions(1);
  assert(old !== undefined);
  all.tellTree(old, TREE, "ci");
  for (
    const [threshold, length, isNamed] of [
      ["1", 10, true],
      ["1", 1000, true],
      ["2", 900, true],
      ["5", 900, false],
    ] as const
  ) {
    await all.bless(all.as("ann", { FTL_TRUST_THRESHOLD: threshold }), old, {
      message: "m".repeat(length),
      again: true,
    });
    const named = (await all.metadata())["ftl-tree"];
    assertEquals([threshold, length, named], [threshold, length, isNamed ? TREE : undefined]);
    assertEquals(await all.signers(), ["ann"]);
  }
});
