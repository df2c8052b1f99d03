/** `ftl doctor`: the right to report, and rules that would let revisions expire. */
import { jumpMaster, StorageError } from "../../mod.ts";
import type { Context } from "../../src/context.ts";
import { objectInfo } from "../../src/bucket/s3/answers.ts";
import { assertEquals, assertMatch } from "../assert.ts";
import { findings, identify } from "./doctor_findings.ts";
import { MemoryFleet } from "./memory_fleet.ts";

/** With a package that is in S3, and a machine of these variables. */
async function started(env: Record<string, string>): Promise<[MemoryFleet, Context]> {
  const fleet = new MemoryFleet();
  identify(fleet.bucket);
  await jumpMaster(fleet.context(), await fleet.spool("a.tgz", "1"));
  return [fleet, fleet.context("web", ["a"], env)];
}

const WEB = { FTL_REPORT: "3600", FTL_MACHINE: "i-1" };

Deno.test("doctor says whether the machine may report, and writes nothing", async () => {
  const [fleet, web] = await started(WEB);
  using _fleet = fleet;
  const before = await fleet.bucket.list("");
  assertEquals(await findings(web, "S3 report"), ["ok may report as i-1"]);
  assertEquals(await fleet.bucket.list(""), before);
});

Deno.test("doctor says nothing of reports where the machine makes none", async () => {
  const [fleet, web] = await started({ FTL_MACHINE: "i-1" });
  using _fleet = fleet;
  assertEquals(await findings(web, "S3 report"), []);
});

Deno.test("doctor warns that a report is denied", async () => {
  const [fleet, web] = await started(WEB);
  using _fleet = fleet;
  const put = fleet.bucket.put.bind(fleet.bucket);
  fleet.bucket.put = async (key, ...rest) => {
    if (!key.startsWith(".ftl/fleet/")) return await put(key, ...rest);
    throw new StorageError("Access denied", { reason: "denied", action: "s3:PutObject" });
  };
  assertEquals(await findings(web, "S3 report"), [
    "warn not allowed: 'ftl fleet' does not show i-1",
  ]);
});

Deno.test("doctor warns that marks of rollouts may not be listed", async () => {
  const [fleet, web] = await started(WEB);
  using _fleet = fleet;
  assertEquals(await findings(web, "S3 rollouts"), []);
  const listPage = fleet.bucket.listPage.bind(fleet.bucket);
  fleet.bucket.listPage = async (page) => {
    if (!page.prefix.startsWith(".ftl/rollout/")) return await listPage(page);
    throw new StorageError("Access denied", { reason: "denied", action: "s3:ListBucket" });
  };
  assertEquals(await findings(web, "S3 rollouts"), [
    "warn not allowed to list marks of a: this machine takes no candidate",
  ]);
});

Deno.test("doctor notes that trees may not be read, unless no delta is wanted", async () => {
  const [fleet, web] = await started(WEB);
  using _fleet = fleet;
  assertEquals(await findings(web, "S3 deltas"), []);
  const head = fleet.bucket.head.bind(fleet.bucket);
  fleet.bucket.head = async (key) => {
    if (!/^\.ftl\/delta\/a\/[^/]*\/tree$/.test(key)) return await head(key);
    throw new StorageError("Access denied", { reason: "denied", action: "s3:GetObject" });
  };
  assertEquals(await findings(web, "S3 deltas"), [
    "info the tree of the newest revision of a cannot be read, or is not there: then syncs move whole objects",
  ]);
  const off = fleet.context("web", ["a"], { ...WEB, FTL_DELTA: "off" });
  assertEquals(await findings(off, "S3 deltas"), []);
});

Deno.test("doctor warns who may spool, but put no trees, unless no delta is wanted", async () => {
  const [fleet, web] = await started(WEB);
  using _fleet = fleet;
  const put = fleet.bucket.put.bind(fleet.bucket);
  fleet.bucket.put = async (key, ...rest) => {
    if (!key.startsWith(".ftl/delta/")) return await put(key, ...rest);
    throw new StorageError("Access denied", { reason: "denied", action: "s3:PutObject" });
  };
  assertEquals(await findings(web, "S3 spool", "S3 deltas"), [
    "ok may add revisions",
    "warn may add revisions, but no trees and patches: machines download what is spooled here whole",
  ]);
  const off = fleet.context("web", ["a"], { ...WEB, FTL_DELTA: "off" });
  assertEquals(await findings(off, "S3 deltas"), []);
  fleet.bucket.put = () => {
    throw new StorageError("Access denied", { reason: "denied", action: "s3:PutObject" });
  };
  assertEquals(await findings(web, "S3 deltas"), [], "who may not spool need not put any");
});

Deno.test("doctor warns of a rule that lets revisions expire, but not of one for reports", async () => {
  const [fleet, web] = await started(WEB);
  using _fleet = fleet;
  fleet.bucket.expiring = /^\.ftl\//;
  assertEquals(await findings(web, "S3 lifecycle"), []);
  fleet.bucket.expiring = /./;
  const [warning = ""] = await findings(web, "S3 lifecycle");
  assertMatch(warning, /^warn a rule of s3:\/\/deploys lets objects expire: a\./);
});

Deno.test("S3 tells with each object whether a rule lets it expire", () => {
  const Expiration = 'expiry-date="Fri, 21 Dec 2029 00:00:00 GMT", rule-id="old"';
  assertEquals(objectInfo({ Expiration }, 1).expires, true);
  assertEquals("expires" in objectInfo({}, 1), false);
});
