/** The documents of `ftl list`: packages or revisions, of this machine or of S3. */
import { BLESSING_VERDICTS } from "../../../src/revision/blessing_verdict.ts";
import { POST_SYNC } from "../../../src/plan/sync.ts";
import {
  count,
  flag,
  type Form,
  list,
  object,
  orNull,
  percent,
  type Shapes,
  text,
  word,
} from "./shape.ts";
import {
  fetchedHow,
  master,
  noteShapes,
  packageName,
  revisionName,
  SHA256,
  time,
} from "./shared.ts";

function packages(isMaster: boolean, keys: Shapes): Shapes {
  const what = isMaster ? "that has a revision in S3" : "that this machine wants";
  return {
    master: master(isMaster),
    packages: list(
      "The packages, in the order of their names.",
      object(`A package ${what}.`, { package: packageName("Its name."), ...keys }),
    ),
  };
}

function longKeys(active: string): Shapes {
  return {
    active: orNull(revisionName(active)),
    newest: orNull(revisionName("The newest revision.")),
    revisions: orNull(count("How many revisions there are.")),
  };
}

function revisions(isMaster: boolean, keys: Shapes): Shapes {
  return {
    master: master(isMaster),
    package: packageName("The package that was asked for."),
    revisions: list("Its revisions, the oldest first.", object("A revision.", keys)),
  };
}

const LOCAL_REVISION: Shapes = {
  revision: revisionName("Its name."),
  active: flag("Whether `current` leads to it."),
  previous: flag("Whether `previous` leads to it."),
  spooledAt: orNull(
    time("When it was spooled; null for ids of the Go original, which do not show it."),
  ),
  size: orNull(count("Bytes of the object in S3 that it was downloaded from.")),
  held: flag("Whether a local jump keeps it active although another one is blessed."),
  postSync: word(
    "The result of its `post-sync` script; a revision without one is `ok`.",
    POST_SYNC,
  ),
  how: orNull(fetchedHow("How it came here; null if an older FTL fetched it.")),
  moved: orNull(count("Bytes that were downloaded for it.")),
};

const MASTER_REVISION: Shapes = {
  revision: revisionName("Its name."),
  active: flag("Whether it is the blessed revision."),
  previous: flag("Whether the blessed revision replaced it."),
  spooledAt: time("When it was spooled."),
  size: count("Bytes of the object in S3."),
  rolloutPercent: orNull(percent(
    "Machines with a rank below it may take this candidate of a staged rollout now; null for all other revisions.",
  )),
};

/** @param verdicts how it can be judged */
function signatures(verdicts: readonly string[]): Shapes {
  return {
    signatures: count("How many signatures it has, whoever made them."),
    trust: orNull(
      object("What was found of them; null without `FTL_TRUST`: they were not checked.", {
        verdict: word("`trusted`, or why it is not: see [fleet](#ftl-fleet).", verdicts),
        by: list("Who has signed it, as `FTL_TRUST` names them.", text("Patterns of names.")),
        why: orNull(text("Why it is not trusted.")),
      }),
    ),
  };
}

const LONG_MASTER_REVISION: Shapes = {
  ...MASTER_REVISION,
  details: object("Details from the object's metadata.", {
    ...noteShapes("spooled"),
    sha256: orNull(text("SHA-256 of the object, in hexadecimal.", SHA256)),
    bytes: orNull(count("Bytes that it unpacks to.")),
    entries: orNull(count("Entries that it unpacks to.")),
    ...signatures(["trusted", "unsigned", "refused"]),
  }),
  blessing: orNull(object("How this revision was blessed; null if it is not the blessed one.", {
    ...noteShapes("blessed"),
    replaced: orNull(revisionName("The revision that was blessed before.")),
    ...signatures(BLESSING_VERDICTS),
  })),
  left: orNull(
    object(
      "Why this revision was replaced by an older one, as with `jump-back`; null for all others.",
      noteShapes("left"),
    ),
  ),
};

const NEW = "my_site.VZ5vQk8aR4G";
const OLD = "my_site.VZ5uB1x0pQa";
const SPOOLED_AT = "2026-11-24T09:30:00.000Z";
const IN_S3 = {
  revision: NEW,
  active: true,
  previous: false,
  spooledAt: SPOOLED_AT,
  size: 48213,
};

const IN_MASTER = { ...IN_S3, rolloutPercent: null };

export const LIST_FORMS: readonly Form[] = [
  {
    of: "`ftl list`",
    keys: packages(false, {}),
    example: { master: false, packages: [{ package: "my_site" }] },
  },
  {
    of: "`ftl list --long`",
    keys: packages(false, {
      ...longKeys("The revision that `current` leads to."),
      held: orNull(
        flag("Whether a local jump keeps the active revision although another one is blessed."),
      ),
    }),
    example: {
      master: false,
      packages: [{ package: "my_site", active: NEW, newest: NEW, revisions: 4, held: false }],
    },
  },
  {
    of: "`ftl list PACKAGE`, also with `--long`",
    keys: revisions(false, LOCAL_REVISION),
    example: {
      master: false,
      package: "my_site",
      revisions: [{ ...IN_S3, held: false, postSync: "ok", how: "spare", moved: 443 }],
    },
  },
  {
    of: "`ftl list --master`",
    keys: packages(true, {}),
    example: { master: true, packages: [{ package: "my_site" }] },
  },
  {
    of: "`ftl list --master --long`",
    keys: packages(true, {
      ...longKeys("The blessed revision."),
      size: orNull(count("Bytes of all its revisions in S3.")),
    }),
    example: {
      master: true,
      packages: [{ package: "my_site", active: NEW, newest: NEW, revisions: 20, size: 964260 }],
    },
  },
  {
    of: "`ftl list --master PACKAGE`",
    keys: revisions(true, MASTER_REVISION),
    example: { master: true, package: "my_site", revisions: [IN_MASTER] },
  },
  {
    of: "`ftl list --master --long PACKAGE`",
    keys: revisions(true, LONG_MASTER_REVISION),
    example: {
      master: true,
      package: "my_site",
      revisions: [{
        ...IN_MASTER,
        details: {
          by: "ada@build",
          at: SPOOLED_AT,
          message: "fix login",
          sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
          bytes: 201728,
          entries: 37,
          signatures: 1,
          trust: { verdict: "trusted", by: ["ci@example.com"], why: null },
        },
        blessing: {
          by: "ada@build",
          at: SPOOLED_AT,
          message: null,
          replaced: OLD,
          signatures: 0,
          trust: { verdict: "unsigned", by: [], why: "it is not signed" },
        },
        left: null,
      }],
    },
  },
];
