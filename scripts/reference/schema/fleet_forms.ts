/** The documents of `ftl fleet`: who runs what. */
import { BLESSING_VERDICTS } from "../../../src/revision/blessing_verdict.ts";
import { MACHINE_STATES } from "../../../src/plan/fleet.ts";
import { count, type Form, list, object, orNull, type Shapes, text, word } from "./shape.ts";
import { failures, fetchedHow, packageName, revisionName, time } from "./shared.ts";

const ROLLOUT: Shapes = {
  id: count("Names the rollout: the serial of its first write."),
  next: revisionName("The candidate."),
  state: word(
    "`running`: machines may take the candidate. `paused`, `halted`: nobody new takes it. `complete`: every machine " +
      "may take it, and only a blessing ends the rollout.",
    ["running", "paused", "halted", "complete"],
  ),
  percent: {
    description: "The share of machines that may take it now.",
    type: "number",
    minimum: 0,
    maximum: 100,
  },
  over: orNull(count("Seconds in which the share grows to all; null if it stays.")),
  groups: list("Groups whose machines may all take it.", text("A group.")),
  atOnce: orNull(count("How many machines may be in their jump at the same time.")),
  halt: orNull(count("How many machines must have failed until nobody new takes it.")),
  running: count("How many machines that are alive run it."),
  failed: orNull(
    list("The machines that have failed in it; null if that is not known.", text("A machine.")),
  ),
  turns: list("The machines that have a turn, with `--at-once`.", text("A machine.")),
};

const SUMMARY: Shapes = {
  package: packageName("The package."),
  at: time("When this was put together, by S3's clock."),
  blessed: orNull(revisionName("The blessed revision.")),
  blessedBy: orNull(text("Who blessed it, as `user@host`.")),
  blessedAt: orNull(time("When.")),
  message: orNull(text("Their message.")),
  rollout: orNull(object("The rollout that is under way; null if there is none.", ROLLOUT)),
  living: count(
    "How many machines that are alive have the package: without `gone` and `unreadable`.",
  ),
  states: object(
    "How many machines are in each state.",
    Object.fromEntries(MACHINE_STATES.map((state) => [state, count("Machines in this state.")])),
  ),
  trust: orNull(object(
    "How many machines that are alive judge what is blessed so, by its signatures; null if none checks them.",
    Object.fromEntries(
      BLESSING_VERDICTS.map((verdict) => [verdict, count("Machines that judge so.")]),
    ),
  )),
};

const MACHINE: Shapes = {
  machine: text("Its name."),
  host: orNull(text("The host's name; null if `FTL_MACHINE` replaces it.")),
  groups: list("Its `FTL_GROUP`.", text("A group.")),
  ftl: orNull(text("The version of FTL.")),
  state: word(
    "`ok`: it runs what it should. `behind`: something else. `waiting`: the rollout has not come to it. `failing`: its " +
      "last sync failed. `quarantine`: the health of what it should run failed. `unhealthy`: it runs what it should, " +
      "and the health or the post-jump of that failed. `held`, `paused`: a person keeps it. `new`: it runs nothing. " +
      "`gone`: it has not reported for three times its `FTL_REPORT`. `unreadable`: its report cannot be read.",
    MACHINE_STATES,
  ),
  active: orNull(revisionName("What it runs.")),
  previous: orNull(revisionName("What it ran before.")),
  want: orNull(revisionName("What it should run now.")),
  since: orNull(time("Since when it runs that.")),
  how: orNull(fetchedHow("How it came there.")),
  moved: orNull(count("Bytes that were downloaded for it, in all.")),
  seen: time("When it reported last, by S3's clock."),
  trust: orNull(word(
    "How it judges what is blessed, by its signatures: all but `trusted` it refuses, or would without `warn:` in its " +
      "`FTL_TRUST`. `unsigned`: nobody has signed it. `refused`: no signature counts. `too-few`: fewer people have " +
      "signed it than it needs. `too-old`: it is from before `FTL_TRUST_SINCE`. `from-the-future`: more than a day " +
      "ahead of its clock. `older`, `another`: it has obeyed a newer one, or one of the same time that says something " +
      "else. Null if it does not check signatures, or has not seen this blessing.",
    BLESSING_VERDICTS,
  )),
  error: orNull(object("Why it is not in line.", {
    text: text("One line."),
    code: count("The exit code of its syncs."),
    since: orNull(time("Since when they fail so.")),
    count: count("How many have failed so."),
  })),
};

const RUNS = "my_site.VZ5uB1x0pQa";
const BLESSED = "my_site.VZ5vQk8aR4G";
const AT = "2026-11-25T14:00:03.000Z";

const SUMMARY_EXAMPLE = {
  package: "my_site",
  at: AT,
  blessed: BLESSED,
  blessedBy: "ann@laptop",
  blessedAt: "2026-11-25T13:48:00.000Z",
  message: "looks good",
  rollout: null,
  living: 28,
  states: {
    failing: 0,
    quarantine: 1,
    held: 0,
    paused: 0,
    waiting: 0,
    behind: 0,
    unhealthy: 0,
    new: 0,
    ok: 27,
    gone: 1,
    unreadable: 0,
  },
  trust: null,
};

export const FLEET_FORMS: readonly Form[] = [
  {
    of: "`ftl fleet PACKAGE`, also with `--wait`",
    keys: {
      ...SUMMARY,
      machines: list(
        "The machines, the worst first, without those that are gone for a week.",
        object("A machine.", MACHINE),
      ),
      failures: failures("How a wait ended, if not well. Empty without `--wait`."),
    },
    example: {
      ...SUMMARY_EXAMPLE,
      machines: [{
        machine: "i-0aaa",
        host: "web-7",
        groups: ["canary"],
        ftl: "0.2.0",
        state: "quarantine",
        active: RUNS,
        previous: null,
        want: BLESSED,
        since: "2026-11-20T09:00:00.000Z",
        how: "whole",
        moved: 48213,
        seen: "2026-11-25T13:59:43.000Z",
        trust: null,
        error: {
          text: "health failed: exit 1, after 60 s and 31 attempts",
          code: 6,
          since: "2026-11-25T13:49:03.000Z",
          count: 1,
        },
      }],
      failures: [],
    },
  },
  {
    of: "`ftl fleet`",
    keys: {
      packages: list(
        "All packages that machines report, in the order of their names.",
        object("A package.", SUMMARY),
      ),
      failures: failures("Packages whose pointer names no revision."),
    },
    example: { packages: [SUMMARY_EXAMPLE], failures: [] },
  },
  {
    of: "`ftl fleet --prune`",
    keys: {
      removed: list("The machines whose reports were removed.", text("A machine.")),
      failures: failures("Reports that could not be removed."),
    },
    example: { removed: ["i-0aaa"], failures: [] },
  },
];
