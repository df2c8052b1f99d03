/** `ftl doctor` on the command line. */
import type { Command } from "../command.ts";

export const doctor: Command = {
  name: "doctor",
  usage: ["[--json]"],
  summary: "check whether this machine works, and say how to fix what does not",
  details: [
    "Prints one line for each check: ok, info (unusual, but not wrong), warn (works, but look at it) or " +
    "fail; below it a hint. It checks the variables, the credentials, the permissions in S3, the clock, " +
    "the root, the disks, locks, links, and unfinished work. Without FTL_ROOT it does not check this " +
    "machine's packages. With FTL_TRUST it checks whom this machine trusts, and whether it trusts what is " +
    "blessed. It leaves nothing behind, neither here nor in S3.",
    "The exit code is 0 if nothing fails. Otherwise it is that of a command that meets the problem: 6 if " +
    "a package script failed, else that of the first failure.",
  ],
  options: [],
  least: 0,
  most: 0,
  examples: [
    ["ftl doctor", "on a machine, as the user that runs the sync: with or without sudo"],
    ["ftl doctor --json", "for monitoring"],
  ],
  completes: "none",
  scope: () => "doctor",
};
