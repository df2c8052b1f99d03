/** The documents of `ftl verify`. */
import { DIFFERENCES } from "../../../src/archive/compare.ts";
import { BLESSING_VERDICTS } from "../../../src/revision/blessing_verdict.ts";
import { always, count, flag, type Form, list, object, orNull, text, word } from "./shape.ts";
import { failures, revisionName, SHA256 } from "./shared.ts";

const REVISION = "my_site.VZ5vQk8aR4G";
const FINGERPRINT = "SHA256:Fb3dPWSFnPYSfZCsDFNqA6UXJGkxGCiq0Vy0jAnpHUg";

const SIGNED = object("The signatures of a revision, or of the blessing that names it.", {
  of: word("What is signed.", ["revision", "blessing"]),
  verdict: word(
    "`trusted`: enough people who may sign have signed it. `unchecked`: nobody is trusted here, so signatures are " +
      "only counted. Anything else says why it is not trusted.",
    [...BLESSING_VERDICTS, "unchecked"],
  ),
  why: orNull(text("Why it is not trusted; null if it is, or if that is not known.")),
  signatures: count("How many signatures there are."),
  by: list(
    "The signatures that count.",
    object("A signature.", {
      signature: count("Its number, from 1."),
      principals: text("Whose key it is, as the trust names them."),
      fingerprint: text("The fingerprint of the key."),
    }),
  ),
  refused: list(
    "The signatures that do not count.",
    object("A signature.", {
      signature: count("Its number, from 1."),
      principals: orNull(text("Whose key it is; null if the key is unknown.")),
      fingerprint: orNull(text("The fingerprint of the key; null if it is malformed.")),
      why: text("Why it does not count."),
    }),
  ),
});

const here: Form = {
  of: "`ftl verify`",
  keys: {
    master: always("What is on this machine was verified.", false),
    strict: flag("Whether `--strict` was given."),
    revisions: list(
      "The revisions, in the given order, or in that of their packages' names.",
      object("A revision on this machine, compared with what was spooled.", {
        revision: revisionName("Its name."),
        path: text("The folder that has it."),
        findings: list(
          "What is not as it was spooled, by path. Times alone count only with `--strict`.",
          object("A path.", {
            finding: word(
              "`changed`: something else is there. `missing`: nothing is. `extra`: the spooled file has no such path.",
              ["changed", "missing", "extra"],
            ),
            path: text(
              "The path below the revision's folder, which is itself `.`. A folder that is extra is given without " +
                "what is in it.",
            ),
            differences: list(
              "How it differs, if it is changed.",
              object("A difference.", {
                what: word(
                  "In what. `target`: of a symlink. `link`: a hard link has become a file of its own. `time`: the " +
                    "mtime.",
                  DIFFERENCES,
                ),
                found: orNull(text("As it is here; null for content.")),
                spooled: orNull(text("As it was spooled; null for content.")),
              }),
            ),
          }),
        ),
        signed: orNull(SIGNED),
        failures: failures("Why it is not what was spooled, or why that cannot be told."),
      }),
    ),
  },
  example: {
    master: false,
    strict: false,
    revisions: [{
      revision: REVISION,
      path: "/srv/ftl/my_site/revs/VZ5vQk8aR4G",
      findings: [{
        finding: "changed",
        path: "bin/run",
        differences: [
          { what: "mode", found: "0777", spooled: "0755" },
          { what: "content", found: null, spooled: null },
        ],
      }],
      signed: null,
      failures: [{
        message: `${REVISION} is not what was spooled: 1 changed`,
        hint: "Keep it as evidence, or jump to another revision, 'ftl purge' this one, and sync",
        exitCode: 5,
      }],
    }],
  },
};

const master: Form = {
  of: "`ftl verify --master`",
  keys: {
    master: always("What is in S3 was verified.", true),
    revision: revisionName("The revision."),
    key: text("The object's key in the bucket."),
    size: count("Bytes of the object."),
    sha256: text("SHA-256 of the bytes that came, in hexadecimal.", SHA256),
    checked: orNull(
      word("What the bytes were compared with; null if S3 keeps nothing to compare with.", [
        ...["sha256", "crc64nvme", "crc32", "md5"],
      ]),
    ),
    blessed: flag("Whether it is blessed."),
    signed: list("What may be signed: the revision, and the blessing if it is blessed.", SIGNED),
    shown: orNull(
      object("What `--show` has written.", {
        folder: text("The folder. It has `statement`, and `signature.1` and so on."),
        commands: list("For each signature, what checks it.", text("A line for a shell.")),
      }),
    ),
    failures: failures("Why it is not trusted."),
  },
  example: {
    master: true,
    revision: REVISION,
    key: `${REVISION}.tgz`,
    size: 48213,
    sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    checked: "sha256",
    blessed: true,
    signed: [{
      of: "revision",
      verdict: "trusted",
      why: null,
      signatures: 1,
      by: [{ signature: 1, principals: "ci@example.com", fingerprint: FINGERPRINT }],
      refused: [],
    }],
    shown: null,
    failures: [],
  },
};

const trust: Form = {
  of: "`ftl verify --trust FILE` without a revision",
  keys: {
    trust: text("The file."),
    signers: list(
      "Who may sign, in the order of the file.",
      object("A key.", {
        principals: text("Whose it is, as the file names them."),
        fingerprint: text("Its fingerprint."),
        type: text("Its type, such as `ssh-ed25519`."),
        namespaces: orNull(text("Patterns of what it may sign; null if it may sign anything.")),
        validAfter: orNull(text("The first second in which it may sign; null if there is none.")),
        validBefore: orNull(text("The last second in which it may sign; null if there is none.")),
        line: count("The line of the file."),
      }),
    ),
    skipped: list(
      "Lines that nobody is trusted by.",
      object("A line.", {
        line: count("Its number, from 1."),
        reason: text("What is wrong with it."),
      }),
    ),
  },
  example: {
    trust: "/etc/ftl/allowed_signers",
    signers: [{
      principals: "ann@example.com",
      fingerprint: FINGERPRINT,
      type: "ssh-ed25519",
      namespaces: "ftl-bless:*",
      validAfter: null,
      validBefore: "2027-01-01T00:00:00.000Z",
      line: 1,
    }],
    skipped: [{ line: 2, reason: "it has no key" }],
  },
};

export const VERIFY_FORMS: readonly Form[] = [here, master, trust];
