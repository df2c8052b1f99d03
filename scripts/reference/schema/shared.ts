/** Shapes that the documents of several commands share. */
import { WAITING_REASONS } from "../../../src/plan/machine_rollout.ts";
import {
  count,
  flag,
  list,
  object,
  orNull,
  percent,
  type Shape,
  type Shapes,
  shared,
  text,
  word,
} from "./shape.ts";

/** A time as `Date.toISOString` writes it. */
const TIME = "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$";
export const SHA256 = "^[0-9a-f]{64}$";

/** By their names in `$defs`. */
export const SHARED = {
  package: {
    description: "A package's name: letters, digits, `_` and `-`; does not start with `-`.",
    type: "string",
    pattern: "^[A-Za-z0-9_][A-Za-z0-9_-]*$",
  },
  revision: {
    description: "A revision's name: its package, a dot and its id. Every command accepts it.",
    type: "string",
    pattern: "^[A-Za-z0-9_][A-Za-z0-9_-]*\\.[A-Za-z0-9_-]{6,64}$",
  },
  time: {
    description: "A time as ISO 8601, in UTC, with milliseconds.",
    type: "string",
    pattern: TIME,
  },
  failure: object("What went wrong.", {
    message: text("One sentence that names the thing."),
    hint: orNull(text("What to do about it.")),
    exitCode: {
      ...count(
        "The exit code of a command that ends with this failure: see [exit codes](#exit-codes).",
      ),
      minimum: 1,
      maximum: 255,
    },
  }),
} as const satisfies Record<string, Shape>;

export type SharedName = keyof typeof SHARED;

/** A reference to one of these shapes. */
function of(name: SharedName, description: string): Shape {
  return shared(name, description);
}

export function packageName(description: string): Shape {
  return of("package", description);
}

export function revisionName(description: string): Shape {
  return of("revision", description);
}

export function time(description: string): Shape {
  return of("time", description);
}

export function failure(description: string): Shape {
  return of("failure", description);
}

export function revisions(description: string): Shape {
  return list(description, revisionName("Its name."));
}

export function failures(description: string): Shape {
  return list(description, failure("A failure."));
}

export function fetchedHow(description: string): Shape {
  return word(
    `${description} \`whole\`: its object was unpacked. \`delta\`: what has not changed was copied from another ` +
      "revision. `spare`: what has not changed was taken from a revision that had been removed.",
    ["whole", "delta", "spare"],
  );
}

/** Who did something, when and why. */
export function noteShapes(what: string): Shapes {
  return {
    by: orNull(text(`Who ${what} it, as \`user@host\`.`)),
    at: orNull(time("The time of it.")),
    message: orNull(text("Their message.")),
  };
}

export function master(isMaster: boolean): Shape {
  return {
    description: isMaster ? "The listing is of S3." : "The listing is of this machine.",
    const: isMaster,
  };
}

export function eitherMaster(): Shape {
  return flag("Whether it was done in S3, for all machines. If not, it was done on this machine.");
}

/** A staged rollout, as one machine sees it. */
export function rollout(): Shape {
  return object("The staged rollout that is under way.", {
    candidate: revisionName("The revision that is being rolled out."),
    percent: percent("The share of the machines that may take the candidate now."),
    waiting: orNull(word(
      "Why this machine waits: the candidate is neither here nor in S3; it is in quarantine here; the rollout is " +
        "paused; this machine's `rank` is not below `cut`; too many machines have failed; this machine has not asked " +
        "how the others do; it is the turn of other machines. Null if it runs the candidate, or is to run it.",
      WAITING_REASONS,
    )),
    rank: orNull(percent("This machine's rank in this rollout, if it waits for that.")),
    cut: orNull(percent("What its rank is to be below, if it waits for that.")),
  });
}

/** A pause file that is in force. */
export function pause(meaning: string): Shape {
  return object(meaning, {
    path: text("The pause file."),
    why: orNull(text("Why, as the file says; null if it says nothing.")),
    until: orNull(time("When the pause ends; null if only the file's removal ends it.")),
  });
}
