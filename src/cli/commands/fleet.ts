/** `ftl fleet` on the command line. */
import { type Command, WAIT } from "../command.ts";

export const fleet: Command = {
  name: "fleet",
  usage: ["[PACKAGE] [--all] [--wait DURATION]", "PACKAGE --html", "--prune DAYS"],
  summary: "show who runs what, from the reports of all machines",
  details: [
    "Machines with FTL_REPORT report to S3 what they run. Without PACKAGE: a line for each package. With it: who is " +
    "not in line, the worst first, and why; --all shows the others too. A machine that has not reported for three " +
    "times its FTL_REPORT is gone and does not count; after a week it is not shown.",
    "--wait ends with exit 0 once all machines that are alive run what they should; with exit 6 as soon as one has " +
    "failed: in quarantine, unhealthy, or by a script; with exit 4 if the time is over and the others are only late; " +
    "with exit 3 if no machine has reported the package, or none of them may take the candidate of a rollout.",
    "If stdout is no terminal, it has one machine on a line, all of them, with tabs between the columns: machine, " +
    "host, revision, state, since, last report, version of FTL, error; where machines check signatures, also how they " +
    "judge what is blessed.",
    "With FTL_TRUST a machine reports whether it trusts what is blessed. Those that do not are shown, also if 'warn:' " +
    "in it lets them run it: so who would refuse what is seen before 'warn:' is taken away.",
  ],
  options: [
    { name: "all", help: "show the machines that are in line too" },
    WAIT,
    { name: "html", help: "print a page for browsers: one file, without scripts and links" },
    {
      name: "prune",
      value: "DAYS",
      help: "remove the reports of machines that have not reported for DAYS",
    },
  ],
  least: 0,
  most: 1,
  examples: [
    ["ftl fleet", "all packages"],
    ["ftl fleet my_site", "the machines that do not run what they should"],
    ["ftl fleet my_site --wait 15m", "wait until they do"],
    [
      "ftl fleet my_site --html | aws s3 cp - s3://internal/fleet.html --content-type text/html",
      "for those who look from a browser",
    ],
    ["ftl fleet --prune 7", "for a store without lifecycle rules"],
  ],
  completes: "package",
  scope: () => "master",
  mayTakeLong: true,
};
