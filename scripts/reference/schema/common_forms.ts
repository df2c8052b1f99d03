/** The documents of the commands that have one or two small ones. */
import { SHELLS } from "../../../src/cli/completion/words.ts";
import { SYNC_EVENTS } from "../../../src/plan/sync_event.ts";
import {
  always,
  count,
  flag,
  type Form,
  list,
  object,
  orNull,
  type Shapes,
  text,
  word,
} from "./shape.ts";
import { HISTORY_FORM, jumpForm } from "./rollout_forms.ts";
import {
  eitherMaster,
  failures,
  fetchedHow,
  packageName,
  pause,
  revisionName,
  revisions,
  rollout,
  SHA256,
} from "./shared.ts";

const NEW = "my_site.VZ5vQk8aR4G";
const OLD = "my_site.VZ5uB1x0pQa";

const spool: Form = {
  of: "`ftl spool`",
  keys: {
    revision: revisionName("The new revision."),
    key: text("The object's key in the bucket."),
    size: count("Bytes of the object in S3."),
    sha256: text("SHA-256 of the object, in hexadecimal.", SHA256),
    entries: count("Entries that it unpacks to."),
    bytes: count("Bytes that it unpacks to."),
    deltas: list(
      "The patches that were put beside it. Who has none of these revisions downloads all of it.",
      object("One patch.", {
        from: revisionName("The revision that it is for."),
        bytes: count("Bytes of the patch: what is downloaded where it is used."),
      }),
    ),
    warnings: list(
      "What looks like a mistake in the file's name, its scripts or its content.",
      text("One sentence."),
    ),
  },
  example: {
    revision: NEW,
    key: `${NEW}.tgz`,
    size: 48213,
    sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    entries: 37,
    bytes: 201728,
    deltas: [{ from: OLD, bytes: 443 }],
    warnings: [],
  },
};

/** The result of one package's sync. */
const SYNCED_KEYS: Shapes = {
  package: packageName("Its name."),
  active: orNull(revisionName("The revision that is active now.")),
  fetched: revisions("The revisions that were downloaded."),
  transfers: list(
    "How they were downloaded.",
    object("A download.", {
      revision: revisionName("The revision."),
      how: fetchedHow("How it came here."),
      bytes: count("Bytes of its object in S3."),
      moved: count("Bytes that were downloaded for it, in all."),
      base: orNull(revisionName("The revision that the delta was for.")),
      fallback: orNull(text("Why it came whole, where a delta would have been expected.")),
    }),
  ),
  activated: orNull(
    revisionName("The revision that became active; null if that did not change."),
  ),
  removed: revisions("The revisions that were removed from this machine."),
  heldFrom: orNull(
    revisionName("The blessed revision, if a local jump keeps it from being activated."),
  ),
  quarantined: orNull(
    revisionName("The blessed revision, if its health failed here under this blessing."),
  ),
  rolledBack: orNull(
    object("The health of a revision failed, and the machine went back.", {
      from: revisionName("The revision whose health failed."),
      to: revisionName("The revision that is active instead."),
    }),
  ),
  pause: orNull(pause("The pause that keeps the blessed revision from being activated.")),
  rollout: orNull(rollout()),
  failures: failures("The failures, the first one first."),
};

const SYNCED_EXAMPLE = {
  package: "my_site",
  active: NEW,
  fetched: [NEW],
  transfers: [
    { revision: NEW, how: "spare", bytes: 48213, moved: 443, base: OLD, fallback: null },
  ],
  activated: NEW,
  removed: [],
  heldFrom: null,
  quarantined: null,
  rolledBack: null,
  pause: null,
  rollout: null,
  failures: [],
};

const sync: Form = {
  of: "`ftl sync`",
  keys: {
    dryRun: always("The sync was done, not only planned.", false),
    packages: list(
      "The packages, in the given order, or in the order of their names.",
      object("The result of one package.", SYNCED_KEYS),
    ),
  },
  example: { dryRun: false, packages: [SYNCED_EXAMPLE] },
};

/** What the program of `FTL_NOTIFY` reads. */
export const NOTIFICATION_FORM: Form = {
  of: "`ftl sync` for the program of `FTL_NOTIFY`",
  keys: {
    event: word(
      "The first of these that fits: the machine went back after a failed health; such a way back was cut " +
        "short before, and has ended; the sync failed for another reason than the last one; it did not fail, " +
        "but the last one did; a revision became active.",
      SYNC_EVENTS,
    ),
    machine: text("This machine's name: see `FTL_MACHINE`."),
    ...SYNCED_KEYS,
  },
  example: { event: "activated", machine: "i-0abc1234", ...SYNCED_EXAMPLE },
};

const plannedSync: Form = {
  of: "`ftl sync --dry-run`",
  keys: {
    dryRun: always("The sync was only planned.", true),
    packages: list(
      "The packages, in the given order, or in the order of their names.",
      object("What a sync would do to a package.", {
        package: packageName("Its name."),
        fetch: revisions("The revisions that it would download."),
        activate: orNull(revisionName("The revision that it would make active.")),
        remove: revisions("The revisions that it would remove from this machine."),
        held: orNull(
          revisionName(
            "The active revision, if a local jump keeps the blessed one from being activated.",
          ),
        ),
        missing: orNull(revisionName("The blessed revision, if it is neither in S3 nor here.")),
        quarantined: orNull(
          revisionName("The blessed revision, if its health failed here under this blessing."),
        ),
        paused: orNull(
          revisionName("The blessed revision, if only a pause keeps it from being activated."),
        ),
        rollout: orNull(rollout()),
        failures: failures("Why there is no plan, or not the whole one."),
      }),
    ),
  },
  example: {
    dryRun: true,
    packages: [{
      package: "my_site",
      fetch: [NEW],
      activate: NEW,
      remove: [],
      held: null,
      missing: null,
      quarantined: null,
      paused: null,
      rollout: null,
      failures: [],
    }],
  },
};

const purge: Form = {
  of: "`ftl purge`",
  keys: {
    removed: revisions("The revisions that were removed; with `--dry-run`, that would be removed."),
    dryRun: flag("Whether the purge was only planned."),
    master: eitherMaster(),
    failures: failures("Why some of several revisions could not be removed."),
  },
  example: { removed: [OLD], dryRun: false, master: true, failures: [] },
};

const doctor: Form = {
  of: "`ftl doctor`",
  keys: {
    checks: list(
      "The checks; each depends only on those before it.",
      object("A check.", {
        name: text("The thing that was checked."),
        status: word(
          "`info`: unusual, but not wrong. `warn`: works, but somebody should look. `fail`: does not work.",
          ["ok", "info", "warn", "fail"],
        ),
        detail: text("What was found."),
        hint: orNull(text("How to fix it.")),
      }),
    ),
  },
  example: {
    checks: [{
      name: "FTL_KEEP",
      status: "fail",
      detail: "FTL_KEEP is not a whole number from 0 to 1000: 'x'",
      hint: "Unset it for the default, 3",
    }],
  },
};

const completions: Form = {
  of: "`ftl completions`",
  keys: {
    shell: word("The shell.", SHELLS),
    script: text("The script for the shell."),
  },
  example: { shell: "fish", script: "complete -c ftl -f -l json" },
};

/** By the value of `command`. */
export const COMMON_FORMS: Readonly<Record<string, readonly Form[]>> = {
  spool: [spool],
  sync: [sync, plannedSync],
  jump: [jumpForm("jump")],
  "jump-back": [jumpForm("jump-back")],
  history: [HISTORY_FORM],
  purge: [purge],
  doctor: [doctor],
  completions: [completions],
};
