/** `ftl doctor` on a bucket in memory. */
import { doctor, jumpMaster } from "../../mod.ts";
import type { Context } from "../../src/context.ts";
import type { RevisionName } from "../../src/revision/names.ts";
import { MemoryFleet } from "./memory_fleet.ts";

/** The findings of one name, or of several. */
export async function findings(context: Context, ...names: string[]): Promise<string[]> {
  const { checks } = await doctor(context);
  return checks.filter(({ name }) => names.includes(name))
    .map(({ status, detail }) => `${status} ${detail}`);
}

/** With a package that is in S3, and blessed. */
export async function blessedFleet(): Promise<{ fleet: MemoryFleet; revision: RevisionName }> {
  const fleet = new MemoryFleet();
  const identity = { accessKeyId: "", source: "memory", expires: undefined, region: "us-east-1" };
  fleet.bucket.identify = () => Promise.resolve(identity);
  const revision = await fleet.spool("a.tgz", "1");
  await jumpMaster(fleet.context(), revision);
  return { fleet, revision };
}
