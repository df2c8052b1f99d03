/** Which syncs are worth a notification. */
import { assertEquals } from "../assert.ts";
import { type SyncEvent, syncEventOf, type SyncNews } from "../../src/plan/sync_event.ts";

const IDLE: SyncNews = {
  hasActivated: false,
  hasRolledBack: false,
  quarantine: undefined,
  failures: [],
  lastFailure: undefined,
  isRemembered: true,
};

const CASES: readonly [what: string, news: Partial<SyncNews>, event: SyncEvent | undefined][] = [
  ["nothing to do", {}, undefined],
  ["activated", { hasActivated: true }, "activated"],
  ["activated, but post-jump failed", { hasActivated: true, failures: ["f"] }, "failed"],
  ["rolled back", { hasRolledBack: true, quarantine: "new", failures: ["f"] }, "rolled-back"],
  ["a rollback was cut short", { quarantine: "new", failures: ["q"] }, "quarantined"],
  ["still in quarantine", { quarantine: "known", lastFailure: "health failed" }, undefined],
  ["in quarantine, and S3 fails", { quarantine: "known", failures: ["f"] }, "failed"],
  ["failed", { failures: ["f", "g"] }, "failed"],
  ["failed again", { failures: ["f", "g"], lastFailure: "f" }, undefined],
  ["failed in another way", { failures: ["g"], lastFailure: "f" }, "failed"],
  [
    "failed with other numbers",
    { failures: ["after 61.5 s"], lastFailure: "after 9 s" },
    undefined,
  ],
  [
    "another revision failed",
    { failures: ["a.VZ5vQk8aR4G failed"], lastFailure: "a.VZ5vQk9aR4G failed" },
    "failed",
  ],
  ["recovered", { lastFailure: "f" }, "recovered"],
  ["recovered by a new revision", { lastFailure: "f", hasActivated: true }, "recovered"],
  ["failed, and nobody remembers it", { failures: ["f"], isRemembered: false }, undefined],
  ["the failure before is not known", { lastFailure: "f", isRemembered: false }, undefined],
  ["activated beside another sync", { hasActivated: true, isRemembered: false }, "activated"],
];

Deno.test("syncEventOf() names what happened, and is silent about what was told before", () => {
  for (const [what, news, event] of CASES) {
    assertEquals([what, syncEventOf({ ...IDLE, ...news })], [what, event]);
  }
});
