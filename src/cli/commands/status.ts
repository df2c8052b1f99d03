/** `ftl status` on the command line. */
import type { Command } from "../command.ts";

export const status: Command = {
  name: "status",
  usage: ["[PACKAGE]"],
  summary: "show what runs here, what should run, and what a sync would do",
  details: [
    "Shows the active, blessed, previous and newest revision of each package, its disk space, and the " +
    "result of its last sync. (held): a local jump keeps it active, although another one is blessed. " +
    "(gone): somebody has deleted it, and the next sync fetches it again. (post-jump failed): its last " +
    "post-jump.sh failed; it is active all the same. During a staged rollout a line says how far it is, and why this machine waits. Without FTL_BUCKET, or if S3 cannot be reached, shows " +
    "what the machine knows.",
  ],
  options: [],
  least: 0,
  most: 1,
  examples: [["ftl status", "all packages of this machine"]],
  completes: "package",
  isAboutMachine: () => true,
  scope: () => "master",
};
