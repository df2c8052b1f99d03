/** The documents of `ftl setup`. */
import { IAM_ROLES } from "../../../src/commands/setup/iam.ts";
import { always, count, type Form, list, object, type Shape, text, word } from "./shape.ts";

const STATEMENT: Shape = {
  ...object("A statement in IAM's language.", {
    Sid: text("Its purpose."),
    Effect: always("Nothing is denied.", "Allow"),
    Action: list("The actions.", text("For example `s3:GetObject`.")),
    Resource: list("The buckets or objects.", text("An ARN.", "^arn:aws")),
    Condition: object("Limits a listing to packages; absent if no packages were given.", {
      StringLike: object("The condition on a parameter of the request.", {
        "s3:prefix": list(
          "The prefixes that may be listed.",
          text("A package's name and a dot, or what FTL's own keys begin with."),
        ),
      }),
    }),
  }),
  required: ["Sid", "Effect", "Action", "Resource"],
};

const POLICY = object("The policy in IAM's format.", {
  Version: always("The version of IAM's language.", "2012-10-17"),
  Statement: list("Everything that is allowed.", STATEMENT),
});

/** A rule has one of the last three keys. */
const RULE: Shape = {
  ...object("A rule in S3's form.", {
    ID: text("Its purpose."),
    Status: always("It is in force.", "Enabled"),
    Filter: object("Which objects it is for.", { Prefix: text("What their keys begin with.") }),
    Expiration: object("Objects are removed.", { Days: count("After so many days.") }),
    NoncurrentVersionExpiration: object("Versions that were replaced are removed.", {
      NoncurrentDays: count("After so many days."),
    }),
    AbortIncompleteMultipartUpload: object("Uploads that nobody has completed are dropped.", {
      DaysAfterInitiation: count("After so many days."),
    }),
  }),
  required: ["ID", "Status", "Filter"],
};

export const SETUP_FORMS: readonly Form[] = [
  {
    of: "`ftl setup systemd` and `ftl setup cron`",
    keys: {
      kind: word("The kind of setup.", ["systemd", "cron"]),
      files: list(
        "The files of a machine.",
        object("A file.", {
          path: text("Its path on the machine.", "^/"),
          mode: text("Its permissions in octal digits, as for `chmod`.", "^[0-7]{4}$"),
          text: text("Its content."),
        }),
      ),
    },
    example: {
      kind: "systemd",
      files: [{
        path: "/etc/systemd/system/ftl-sync.timer",
        mode: "0644",
        text: "[Unit]\nDescription=Sync every minute\n",
      }],
    },
  },
  {
    of: "`ftl setup cloud-init`",
    keys: {
      kind: always("The kind of setup.", "cloud-init"),
      text: text("The user data.", "^#cloud-config\n"),
    },
    example: { kind: "cloud-init", text: "#cloud-config\nwrite_files:\n" },
  },
  {
    of: "`ftl setup iam`",
    keys: {
      kind: always("The kind of setup.", "iam"),
      policies: list(
        "One policy for each requested role.",
        object("The permissions of a role.", {
          role: word("The kind of caller.", IAM_ROLES),
          policy: POLICY,
        }),
      ),
    },
    example: {
      kind: "iam",
      policies: [{
        role: "machine",
        policy: {
          Version: "2012-10-17",
          Statement: [{
            Sid: "List",
            Effect: "Allow",
            Action: ["s3:ListBucket"],
            Resource: ["arn:aws:s3:::my-deploys"],
          }],
        },
      }],
    },
  },
  {
    of: "`ftl setup lifecycle`",
    keys: {
      kind: always("The kind of setup.", "lifecycle"),
      configuration: object("The input of `aws s3api put-bucket-lifecycle-configuration`.", {
        Rules: list("All rules of the bucket.", RULE),
      }),
    },
    example: {
      kind: "lifecycle",
      configuration: {
        Rules: [{
          ID: "ftl-reports",
          Status: "Enabled",
          Filter: { Prefix: ".ftl/fleet/" },
          Expiration: { Days: 7 },
        }],
      },
    },
  },
];
