/** The document of `ftl status`. */
import { count, flag, type Form, list, object, orNull, type Shape, text, word } from "./shape.ts";
import { BLESSING_VERDICTS } from "../../../src/revision/blessing_verdict.ts";
import {
  failures,
  fetchedHow,
  packageName,
  pause,
  revisionName,
  revisions,
  rollout,
  time,
} from "./shared.ts";

const LAST_SYNC = object("The result of the last sync; null before the first one.", {
  at: orNull(time("When it ended.")),
  failure: orNull(text("The first failure; null if all went well.")),
});

function failedScript(meaning: string): Shape {
  return object(meaning, {
    at: orNull(time("When it ended.")),
    outcome: text("How it ended: `exit 3`, `ended by SIGKILL`, or why it could not be started."),
    log: orNull(text("The file with its output; null if none was kept.")),
  });
}

const MASTER = object("The package in S3; null if S3 was not asked or did not answer.", {
  newest: orNull(revisionName("The newest revision.")),
  revisions: count("How many revisions there are."),
  fetch: revisions("The revisions that a sync would download."),
  activate: orNull(revisionName("The revision that a sync would make active.")),
  remove: revisions("The revisions that a sync would remove from this machine."),
  missing: orNull(revisionName("The blessed revision, if it is neither in S3 nor here.")),
});

const TRUST = object(
  "The signatures of what is blessed; null without `FTL_TRUST`, or if S3 was not asked.",
  {
    verdict: word("`trusted`, or why it is not.", BLESSING_VERDICTS),
    isEnforced: flag("Whether what is not trusted is refused; otherwise `FTL_TRUST` only warns."),
    by: list("Who has signed it, as `FTL_TRUST` names them.", text("Patterns of names.")),
    at: orNull(time("When it was signed; null if it is not trusted.")),
    isOld: flag("Whether that is longer ago than `FTL_TRUST_MAX_AGE`."),
    untrusted: revisions("The revisions that this machine would fetch if they were signed."),
  },
);

const PACKAGE = object("A package that this machine wants.", {
  package: packageName("Its name."),
  active: orNull(revisionName("The revision that `current` leads to.")),
  dangling: flag("Whether that revision is no longer there."),
  previous: orNull(revisionName("The revision that `previous` leads to.")),
  held: flag("Whether a local jump keeps the active revision although another one is blessed."),
  blessed: orNull(
    revisionName(
      "The blessed revision in S3 now; if S3 is not asked, the one at the last sync.",
    ),
  ),
  revisions: count("How many revisions are on this machine."),
  unprepared: revisions(
    "The revisions on this machine whose `post-sync` script has not succeeded.",
  ),
  failedPostJump: orNull(
    failedScript(
      "The active revision's last `post-jump`, if that failed; null if it succeeded or there is none.",
    ),
  ),
  failedHealth: orNull(
    failedScript(
      "The active revision's health, if that failed and the revision stayed active all the same.",
    ),
  ),
  quarantine: orNull(
    object("The blessed revision, if its health failed here under this blessing.", {
      revision: revisionName("The revision."),
      at: orNull(time("Since when.")),
      reason: text("What failed."),
    }),
  ),
  pause: orNull(pause("The pause that is in force.")),
  jump: orNull(
    object("A jump that is under way, or that was cut short and is not finished yet.", {
      to: revisionName("The revision that is to be active."),
      phase: text(
        "`jump`: links are switched and scripts run; `health`: the health is checked; `rollback`: it failed.",
      ),
      since: orNull(time("When the phase began.")),
      seconds: orNull(count("In `health`: the seconds that the revision has to become healthy.")),
    }),
  ),
  disk: count("Bytes on this machine's disk."),
  lastSync: orNull(LAST_SYNC),
  transfer: orNull(object("How the active revision was downloaded.", {
    how: fetchedHow("How it came here."),
    bytes: orNull(count("Bytes of its object in S3.")),
    moved: orNull(count("Bytes that were downloaded for it, in all.")),
  })),
  spare: orNull(revisionName("A removed revision that is kept for the next delta.")),
  logs: text("The folder with the output of its scripts."),
  lastLog: orNull(text("The newest file in that folder.")),
  trust: orNull(TRUST),
  rollout: orNull(rollout()),
  master: orNull(MASTER),
  failures: failures("Why S3 could not be asked about this package."),
});

const ACTIVE = "my_site.VZ5vQk8aR4G";

export const STATUS_FORMS: readonly Form[] = [{
  of: "`ftl status`",
  keys: {
    packages: list("The packages, in the order of their names.", PACKAGE),
    failures: failures(
      "All failures, including those of packages that could not be read and are missing above.",
    ),
  },
  example: {
    packages: [{
      package: "my_site",
      active: ACTIVE,
      dangling: false,
      previous: "my_site.VZ5uB1x0pQa",
      held: false,
      blessed: ACTIVE,
      revisions: 2,
      unprepared: [],
      failedPostJump: null,
      failedHealth: null,
      quarantine: null,
      pause: null,
      jump: null,
      disk: 411648,
      lastSync: { at: "2026-11-25T16:41:00.000Z", failure: null },
      transfer: { how: "spare", bytes: 48213, moved: 443 },
      spare: null,
      logs: "/srv/ftl/my_site/.ftl/log",
      lastLog: null,
      trust: null,
      rollout: null,
      master: {
        newest: ACTIVE,
        revisions: 20,
        fetch: [],
        activate: null,
        remove: [],
        missing: null,
      },
      failures: [],
    }],
    failures: [],
  },
}];
