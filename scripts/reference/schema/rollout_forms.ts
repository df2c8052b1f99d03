/** The documents of jumps, of rollouts, and of their history. */
import { HISTORY_ACTIONS } from "../../../src/revision/history.ts";
import { count, flag, type Form, list, object, orNull, type Shape, text, word } from "./shape.ts";
import { eitherMaster, failures, noteShapes, packageName, revisionName } from "./shared.ts";

const NEW = "my_site.VZ5vQk8aR4G";
const OLD = "my_site.VZ5uB1x0pQa";

/** A share of all machines. */
function share(description: string): Shape {
  return { description, type: "number", minimum: 0, maximum: 100 };
}

/** What `jump --master` did to a rollout. */
const ROLLOUT_STEP = object(
  "The rollout that began, or took its next step; null if there is none.",
  {
    id: count("Names it."),
    revision: revisionName("The revision that is rolled out."),
    percent: share("The share of the machines that may take it now, 0 to 100."),
    over: orNull(count("Seconds in which the share grows to all; null if it does not.")),
    groups: list("The groups whose machines may take it too.", text("A group.")),
    atOnce: orNull(count("How many machines may jump at the same time; null if that is free.")),
    halt: orNull(count("How many machines must fail until it halts; null if it does not.")),
    of: orNull(count("How many machines are known to be alive; null if none are.")),
    state: word("Whether other machines may take it.", ["running", "paused"]),
    machines: list("Those of the living machines that may take it now.", text("A machine.")),
  },
);

export function jumpForm(command: string): Form {
  return {
    of: `\`ftl ${command}\``,
    keys: {
      revision: revisionName(
        "The revision that is active now: the one before, if the health of the other failed; with " +
          "`--master`, the one that is blessed now.",
      ),
      from: orNull(
        revisionName(
          "The revision that was active or blessed before; the same one if nothing changed.",
        ),
      ),
      master: eitherMaster(),
      rollout: orNull(ROLLOUT_STEP),
      failures: failures(
        "Scripts that failed, and with `--wait` why the machines are not in line.",
      ),
    },
    example: {
      revision: command === "jump" ? NEW : OLD,
      from: command === "jump" ? OLD : NEW,
      master: false,
      rollout: null,
      failures: [],
    },
  };
}

export const HISTORY_FORM: Form = {
  of: "`ftl history`",
  keys: {
    package: packageName("The package."),
    changes: list(
      "The changes, the newest first.",
      object("A change that somebody made in S3.", {
        action: word("What it was.", HISTORY_ACTIONS),
        ...noteShapes("made"),
        blessed: revisionName("The revision that is blessed since."),
        before: orNull(revisionName("The revision that was blessed before.")),
        next: orNull(revisionName("The revision of the rollout.")),
        percent: orNull(share("Of a rollout: the share of the machines, 0 to 100.")),
        groups: list("Of a rollout: groups whose machines may all take it.", text("A group.")),
        over: orNull(count("Of a rollout: the seconds in which the share was to grow to all.")),
        paused: flag("Of a rollout: whether it was paused."),
        done: flag(
          "Whether it was made. If not, somebody was killed before, or is about to make it.",
        ),
      }),
    ),
  },
  example: {
    package: "my_site",
    changes: [{
      action: "blessed",
      at: "2026-11-25T14:00:03.000Z",
      by: "ann@laptop",
      message: "looks good",
      blessed: NEW,
      before: OLD,
      next: null,
      percent: null,
      groups: [],
      over: null,
      paused: false,
      done: true,
    }],
  },
};
