/** What must be true of a machine and of a bucket at every moment, whatever was killed. */
import { ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { parseKey } from "../../src/revision/keys.ts";
import { isRevisionId } from "../../src/revision/names.ts";
import { clientOf } from "../s3_server/testing/with_server.ts";
import type { Machine } from "../e2e/fleet.ts";
import type { Lab } from "./lab.ts";
import { linesOf } from "./site.ts";

export const PACKAGE = "site";

/** Looks at everything, and remembers which revision came from which archive. */
export class Inspector {
  /** Revisions that have been seen whole in S3: id to the archive's SHA-256. */
  readonly #known = new Map<string, string>();
  #wasActive = false;
  looks = 0;
  files = 0;

  constructor(readonly lab: Lab, readonly packageName = PACKAGE) {}

  /** Throws an Error that says which promise is broken. */
  async look(): Promise<void> {
    this.looks++;
    await this.lookAtBucket();
    this.lookAtMachine();
  }

  /** Every object is a whole revision that was spooled, and `.rev` names one. */
  async lookAtBucket(): Promise<void> {
    const { bucket } = this.lab;
    const listed = await bucket.list("");
    for (const { key, etag, size } of listed) {
      // What machines tell of themselves. No machine runs anything by it.
      if (key.startsWith(".ftl/")) continue;
      const parsed = parseKey(key);
      if (parsed === undefined) {
        throw new Error(`The bucket holds ${key}, which is no key of FTL's`);
      }
      if (parsed.kind !== "revision" || this.#known.has(parsed.id)) continue;
      const { body } = await bucket.read(key, { etag });
      const hash = createHash("sha256");
      let bytes = 0;
      for await (const chunk of body) {
        hash.update(chunk);
        bytes += chunk.byteLength;
      }
      const sum = hash.digest("hex");
      if (bytes !== size || !this.lab.archives.has(sum)) {
        throw new Error(`${key} in S3 is none of the archives that were spooled`);
      }
      this.#known.set(parsed.id, sum);
    }
    const rev = await bucket.getSmall(`${this.packageName}.rev`);
    if (rev === undefined) return;
    if (!listed.some(({ key }) => key.startsWith(`${rev.text}.`))) {
      throw new Error(`.rev names ${rev.text}, which the bucket does not hold`);
    }
  }

  /** `current` and `previous` lead to whole revisions, and `revs` holds nothing else. */
  lookAtMachine(machine: Machine = this.lab.machine): void {
    const { packageName } = this;
    for (const name of machine.names(packageName)) {
      if (!["current", "previous", "revs", "shared", ".lock", ".ftl"].includes(name)) {
        throw new Error(`${name} was left in the package's folder`);
      }
    }
    for (const id of machine.names(`${packageName}/revs`)) this.#requireWhole(id, machine);
    const current = machine.link(`${packageName}/current`);
    if (current === undefined && this.#wasActive) throw new Error("current is gone");
    this.#wasActive ||= current !== undefined;
    for (const link of [current, machine.link(`${packageName}/previous`)]) {
      if (link !== undefined) this.#requireWhole(link.replace(/^revs\//, ""), machine);
    }
  }

  #requireWhole(id: string, { root }: Machine): void {
    const sum = this.#known.get(id);
    if (!isRevisionId(id) || sum === undefined) throw new Error(`revs/${id} was never in S3`);
    const path = `${root}/${this.packageName}/revs/${id}`;
    const lines = linesOf(path);
    this.files += lines.split("\n").length;
    const wanted = this.lab.archives.get(sum)?.lines;
    if (lines !== wanted) {
      throw new Error(`revs/${id} is not what was spooled:\n${firstOf(lines, wanted)}`);
    }
  }
}

/** The first line that only one of the two has. */
export function firstOf(lines: string, wanted = ""): string {
  const [there, due] = [new Set(lines.split("\n")), new Set(wanted.split("\n"))];
  const extra = [...there].find((line) => !due.has(line));
  const missing = [...due].find((line) => !there.has(line));
  return `there: ${extra ?? "nothing else"}\nmissing: ${missing ?? "nothing"}`;
}

/** Keys of the uploads that were begun and neither completed nor taken back. */
export async function openUploads(lab: Lab): Promise<string[]> {
  const s3 = clientOf(lab.fleet.server);
  try {
    const Bucket = lab.bucket.name;
    const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
    return Uploads.map(({ Key }) => Key ?? "");
  } finally {
    s3.destroy();
  }
}
