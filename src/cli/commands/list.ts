/** `ftl list` on the command line. */
import { type Command, MASTER } from "../command.ts";

export const list: Command = {
  name: "list",
  usage: ["[--long] [PACKAGE]", "--master [--long] [PACKAGE]"],
  summary: "list packages, or a package's revisions, oldest first",
  details: [
    "Without --master: lists what is on this machine. With it: lists what is in S3. The active revision " +
    "is marked: on a machine the target of 'current', in S3 the blessed one. (rolling out): the candidate of a staged rollout.",
    "--long adds the time and the size; on a machine by which delta a revision came; in S3 who spooled it and their " +
    "message, and who blessed it. With FTL_TRUST it also says who of those who may has signed the revision and its blessing; without it, only how many signatures there are.",
  ],
  options: [MASTER, { name: "long", short: "l", help: "show all details" }],
  least: 0,
  most: 1,
  examples: [
    ["ftl list", "this machine's packages"],
    ["ftl list --master my_site", "the revisions of my_site in S3"],
  ],
  completes: "package",
  isAboutMachine: (given) => !given.has("master"),
  isShort: (given) => !given.has("master"),
  scope: (flags) => flags.has("master") ? "master" : "look",
};
