/**
 * Bounds that the pages promise are those of the code. What keeps each bound is tried elsewhere, by the test of its
 * room: here only the number is compared, as a reader cannot see that a page is out of date.
 */
import { assertEquals } from "./assert.ts";

const CATALOG = "src/catalog";
const COMMANDS = "src/commands";
const MACHINE = "src/machine";

const NUMBERS: readonly [page: string, words: string, file: string, code: string][] = [
  // The history and its turns.
  ["design", "one that is older than 30 seconds", `${CATALOG}/history.ts`, "STALE = 30_000;"],
  ["design", "A writer gives up after 25 seconds", `${CATALOG}/history.ts`, "TURN = 25_000;"],
  ["fleets", "waits for up to 30 seconds", `${CATALOG}/history.ts`, "STALE = 30_000;"],
  ["fleets", "The last 20 changes", `${COMMANDS}/history.ts`, "STANDARD_MOST = 20;"],
  // Rollouts.
  ["fleets", "told nothing for 15 minutes", "src/plan/marks.ts", "SILENCE = 15 * 60_000;"],
  [
    "design",
    "A machine believes a halt for 10 minutes",
    "src/plan/marks.ts",
    "HALT_BELIEVED = 10 * 60_000;",
  ],
  [
    "fleets",
    "that is 2 % of the machines that report",
    "src/plan/blessing.ts",
    "HALT_SHARE = 0.02;",
  ],
  ["fleets", "more than 500 machines report", `${CATALOG}/stage.ts`, "MOST_IN_TURNS = 500;"],
  ["formats", "0 to 1, up to 9 decimals", "src/revision/rollout.ts", "CUT_DECIMALS = 9;"],
  // Reports.
  ["fleets", "three times its `FTL_REPORT`", "src/plan/fleet_view.ts", "PATIENCE = 3;"],
  ["fleets", "is not shown for a week", "src/plan/fleet.ts", "OUT_AFTER = 7 * 24 * 3_600_000;"],
  ["fleets", "It looks every ten seconds", `${CATALOG}/fleet_wait.ts`, "POLL = 10;"],
  [
    "fleets",
    "It is tried once, for five seconds",
    `${COMMANDS}/sync/report_step.ts`,
    "PATIENCE = 5000;",
  ],
  ["fleets", "the next try after ten minutes", "src/plan/report.ts", "DENIED_PAUSE = 10 * 60_000;"],
  ["formats", "one line of up to 200 characters", "src/revision/report.ts", "LONGEST_ERROR = 200;"],
  // A sync.
  ["design", "at S3 again, after 5 seconds", `${COMMANDS}/sync/rest_step.ts`, "FIRST_LOOK = 5000;"],
  ["design", "at last once a minute", `${COMMANDS}/sync/rest_step.ts`, "LONGEST_LOOK = 60_000;"],
  [
    "design",
    "gives its place away after 30 seconds",
    `${COMMANDS}/sync/prepare.ts`,
    "PATIENCE = 30_000;",
  ],
  ["design", "from eight packages on", `${CATALOG}/shared_listing.ts`, "LEAST_PACKAGES = 8;"],
  ["errors", "took longer than 30 seconds", `${COMMANDS}/sync/notify.ts`, "LIMIT = 30;"],
  // A spool, and what comes of it.
  [
    "design",
    "Above 16 MiB, and without",
    "src/transfer/upload/part_plan.ts",
    "LARGEST_SINGLE_PUT = 16 * MEBIBYTE;",
  ],
  [
    "design",
    "A patch above a quarter of the object",
    `${COMMANDS}/spool/deltas/make_delta.ts`,
    "LARGEST_SHARE = 1 / 4;",
  ],
  [
    "design",
    "by more than 10 seconds and a quarter",
    `${COMMANDS}/spool/deltas/limited_time.ts`,
    "EXTRA = 10_000;",
  ],
  [
    "formats",
    "more than 100,000 entries",
    "src/archive/tree/tree.ts",
    "MAX_TREE_ENTRIES = 100_000;",
  ],
  [
    "formats",
    "and a tenth of the disk or 4 GiB",
    `${MACHINE}/disk/room.ts`,
    "LARGEST_SPARE_RESERVE = 4 * 1024 * 1024 * 1024;",
  ],
  // A machine, signatures, S3.
  [
    "formats",
    "[quarantine](health.md#quarantine), up to 20",
    `${MACHINE}/jump/quarantine.ts`,
    "MOST = 20;",
  ],
  ["formats", "up to 1,000 `ids`", `${MACHINE}/state.ts`, "MOST_IDS = 1000;"],
  ["formats", "The first 16 are looked at", "src/trust/verdict.ts", "MOST_SIGNATURES = 16;"],
  [
    "trust",
    "`ssh-rsa` keys of 2,048 to 4,096 bits",
    "src/trust/public_key.ts",
    "RSA_LARGEST = 4096;",
  ],
  [
    "reliability",
    "after 20 seconds, 4 times",
    "src/bucket/s3/timeouts.ts",
    "ANSWER_TIMEOUT = 20_000;",
  ],
  [
    "reliability",
    "after a quarter of an hour, 4 times",
    "src/bucket/s3/timeouts.ts",
    "COMPLETION_TIMEOUT = 15 * 60_000;",
  ],
  [
    "safety",
    "a listing has at most a million",
    "src/bucket/s3/listing.ts",
    "MOST_KEYS = 1_000_000;",
  ],
];

function has(path: string, text: string): boolean {
  const file = Deno.readTextFileSync(new URL(`../${path}`, import.meta.url));
  return file.replace(/\s+/g, " ").includes(text);
}

Deno.test("the bounds that pages tell are those of the code", () => {
  const wrong = NUMBERS.flatMap(([page, words, file, code]) => [
    ...(has(`docs/${page}.md`, words) ? [] : [`docs/${page}.md no longer says: ${words}`]),
    ...(has(file, ` ${code}`) ? [] : [`${file} no longer has: ${code}`]),
  ]);
  assertEquals(wrong, []);
});
