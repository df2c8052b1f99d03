/** `ftl setup` on the command line. */
import type { Command } from "../command.ts";

export const setup: Command = {
  name: "setup",
  usage: [
    "systemd [env|service|timer]",
    "cron",
    "cloud-init [PACKAGE...] [--from URL] [--sums TEXT]",
    "iam [machine|machine-read-only|spool|bless|purge|fleet [PACKAGE...]]",
    "lifecycle",
  ],
  summary: "print ready text for systemd, cron, cloud-init, IAM or the bucket's lifecycle",
  details: [
    "The text has the values of FTL_BUCKET, FTL_ROOT (default /srv/ftl), AWS_REGION and " +
    "AWS_ENDPOINT_URL_S3. A missing value becomes a placeholder such as <bucket>, which ftl refuses. A " +
    "warning names the placeholders. If FTL_TRUST is set, the machines get it too, with " +
    "FTL_TRUST_THRESHOLD, FTL_TRUST_BUCKET and FTL_TRUST_SINCE; FTL_SIGN_KEY they never get.",
    "systemd: the variables, a hardened service that syncs once, and a timer that starts it every " +
    "minute; a second word selects one of the three files. cron: a file for /etc/cron.d. " +
    "cloud-init: user data that installs ftl for the machine's architecture, checks its SHA-256, makes " +
    "the packages' folders, syncs and starts the timer. iam: the least permissions that each kind of " +
    "caller needs; PACKAGE limits them to packages. A machine with machine-read-only syncs, but does not " +
    "report. lifecycle: rules for the bucket, by which the reports of dead machines expire after a week, " +
    "and marks of rollouts after 30 days; nothing outside of .ftl/ may expire.",
  ],
  options: [
    {
      name: "from",
      value: "URL",
      help: "cloud-init: where the executables are, https:// or s3:// (uses the AWS CLI)",
    },
    { name: "sums", value: "TEXT", help: "cloud-init: the text of SHA256SUMS" },
  ],
  least: 1,
  most: Infinity,
  examples: [
    ["ftl setup systemd timer > /etc/systemd/system/ftl-sync.timer", "one of the files"],
    ["ftl setup cron > /etc/cron.d/ftl", "for machines without systemd"],
    [
      'ftl setup cloud-init my_site --from https://downloads.example.com/ftl --sums "$(cat SHA256SUMS)"',
      "user data for machines that run my_site",
    ],
    ["ftl setup iam machine > policy.json", "for the role of the machines"],
    ["ftl setup lifecycle > rules.json", "for aws s3api put-bucket-lifecycle-configuration"],
  ],
  completes: "setup",
  scope: () => "nothing",
};
