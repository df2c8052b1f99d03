/** `ftl jump-back` on the command line. */
import { type Command, MASTER, MESSAGE, WAIT } from "../command.ts";

export const jumpBack: Command = {
  name: "jump-back",
  usage: ["PACKAGE", "--master PACKAGE [-m TEXT] [--wait DURATION]"],
  summary: "go back to the previous revision, here or for all machines",
  details: [
    "Jumps to the target of 'previous', with all scripts. With --master: blesses the revision that the " +
    "blessed one replaced. Two calls cancel each other out. While a rollout is under way, it stops that: " +
    "all machines go back to the blessed revision. --wait then waits for the machines, with the exit codes of " +
    "'ftl fleet --wait'.",
  ],
  options: [MASTER, MESSAGE, WAIT],
  least: 1,
  most: 1,
  examples: [
    ["ftl jump-back my_site", "on this machine"],
    ["ftl jump-back --master my_site -m 'login is broken'", "for all machines"],
  ],
  completes: "package",
  isAboutMachine: (given) => !given.has("master"),
  scope: (flags) => flags.has("master") ? "master" : "change",
  mayTakeLong: true,
  signs: true,
};
