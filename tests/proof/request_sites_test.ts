/** Where FTL sends requests from, and the rows of the table of faults that try each of them. */
import { assertEquals } from "../assert.ts";
import { type RequestKind, REQUESTS } from "./outcomes.ts";

/** Why there is no row: what the request is like, or who looks at its faults instead. */
type Reason =
  | "doctor: each failure is a finding, tests/e2e/doctor_test.ts"
  | "as a removal of deltas: tests/commands/fleet_test.ts"
  | "a second look after a conflict or an error, which fails the command as the first did"
  | "verify: as a sync reads the same"
  | "a signature: as a blessing reads and writes the same"
  | "a probe of stores that are not AWS: what fails, the change itself tells";

const DOCTOR = "doctor: each failure is a finding, tests/e2e/doctor_test.ts";
const AGAIN =
  "a second look after a conflict or an error, which fails the command as the first did";
const VERIFY = "verify: as a sync reads the same";
const PROBE = "a probe of stores that are not AWS: what fails, the change itself tells";

/** By the file below `src/` and the method of the bucket: one entry for each call. */
const SITES: Readonly<Record<string, readonly (RequestKind | Reason)[]>> = {
  "catalog/add_signature.ts getSmall": ["a signature: as a blessing reads and writes the same"],
  "catalog/bless.ts head": ["details at a blessing"],
  "catalog/change_pointer.ts head": ["details at a blessing"],
  "catalog/delta/facts.ts head": ["details of a tree"],
  "catalog/delta/frames.ts getBytes": ["frames read by a spool"],
  "catalog/delta/frames.ts putBytes": ["writing of frames"],
  "catalog/delta/objects.ts getBytes": ["tree read by a spool"],
  "catalog/delta/objects.ts putBytes": ["writing of a tree", "writing of a patch"],
  "catalog/delta/removal.ts list": ["listing of deltas"],
  "catalog/delta/removal.ts removeMany": ["removal of deltas"],
  "catalog/fleet.ts getSmall": ["reading of a report"],
  "catalog/fleet.ts listPage": ["listing by a fleet"],
  "catalog/history.ts getSmall": [AGAIN, "reading of the history"],
  "catalog/history.ts head": [AGAIN],
  "catalog/history.ts list": ["reading of the history"],
  "catalog/history.ts put": [AGAIN, "writing of the history"],
  "catalog/marks.ts getSmall": ["reading of a turn"],
  "catalog/marks.ts list": ["listing of marks"],
  "catalog/marks.ts put": ["writing of a mark", "taking of a turn"],
  "catalog/pointer.ts getSmall": [
    ...["reading of .rev", "poll of .rev", "reading of .rev", "reading of .rev"] as const,
  ],
  "catalog/pointer_write.ts getSmall": [AGAIN],
  "catalog/pointer_write.ts head": [AGAIN],
  "catalog/pointer_write.ts put": ["writing of .rev"],
  "catalog/remote_package.ts list": ["listing by a spool", "listing by a purge"],
  "catalog/remote_package.ts listPage": [AGAIN],
  "catalog/shared_listing.ts listPage": ["listing by a sync"],
  "catalog/stage.ts put": [PROBE],
  "catalog/stage.ts remove": [PROBE],
  "catalog/stale_uploads.ts dropUpload": ["abort of an upload"],
  "catalog/stale_uploads.ts openUploads": ["listing of uploads"],
  "commands/doctor/bucket.ts head": [DOCTOR],
  "commands/doctor/bucket.ts list": [DOCTOR],
  "commands/doctor/deltas.ts head": [DOCTOR],
  "commands/doctor/report.ts head": [DOCTOR],
  "commands/doctor/report.ts listPage": [DOCTOR],
  "commands/doctor/report.ts put": [DOCTOR],
  "commands/doctor/writes.ts head": [DOCTOR, DOCTOR],
  "commands/doctor/writes.ts put": [DOCTOR, DOCTOR, DOCTOR],
  "commands/doctor/writes.ts remove": [DOCTOR],
  "commands/fleet.ts removeMany": ["as a removal of deltas: tests/commands/fleet_test.ts"],
  "commands/list/details.ts head": ["details of a revision"],
  "commands/list/master.ts list": ["listing by a list"],
  "commands/purge.ts removeMany": ["removal"],
  "commands/spool/deltas/put_objects.ts head": ["removal after a failed spool"],
  "commands/spool/deltas/put_objects.ts remove": ["removal after a failed spool"],
  "commands/spool/upload.ts upload": ["part of an upload"],
  "commands/sync/delta_objects.ts getBytes": ["reading of a patch"],
  "commands/sync/fetch_delta.ts head": ["details at a delta"],
  "commands/sync/fetch_whole.ts getBytes": ["tree beside a download"],
  "commands/sync/report_step.ts putOnce": ["writing of a report"],
  "commands/verify/local.ts getSmall": [VERIFY],
  "commands/verify/master.ts head": [VERIFY],
  "machine/trust/package_trust.ts head": ["details of a signed candidate"],
  "machine/trust/signed_revisions.ts head": ["details of a signed candidate"],
  "transfer/download/request.ts read": ["reading of a revision"],
  "transfer/verify/expected_checksum.ts head": ["checksum of a revision"],
};

/** One call of the bucket sends these beside the first. */
const WITHIN: readonly RequestKind[] = [
  ...["spool in one", "begin of an upload", "end of an upload", "copy of a part"] as const,
  "reading of a base's tree",
];

/** Methods of `src/bucket/bucket.ts` that ask S3; the first line's names are others' too. */
const CALL = new RegExp(
  "\\b[bB]ucket\\.(list|head|read|put|remove|upload|getSmall|removeMany)\\(" +
    "|\\.(listPage|getBytes|putBytes|putOnce|openUploads|dropUpload)\\(",
  "g",
);

Deno.test("each call that asks S3 has its row in the table of faults, or a reason why not", () => {
  const found: Record<string, number> = {};
  const look = (folder: string): void => {
    for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, SOURCE))) {
      if (isDirectory && folder + name !== "bucket") look(`${folder}${name}/`);
      if (isDirectory || !name.endsWith(".ts")) continue;
      const text = Deno.readTextFileSync(new URL(folder + name, SOURCE));
      for (const [, first, second] of text.matchAll(CALL)) {
        const site = `${folder}${name} ${first ?? second}`;
        found[site] = (found[site] ?? 0) + 1;
      }
    }
  };
  look("");
  const due = Object.entries(SITES).map(([site, kinds]) => [site, kinds.length]);
  assertEquals(found, Object.fromEntries(due));
  const tried = new Set<string>([...Object.values(SITES).flat(), ...WITHIN]);
  assertEquals(REQUESTS.filter((kind) => !tried.has(kind)), []);
});

const SOURCE = new URL("../../src/", import.meta.url);
