/** `ftl jump` on the command line. */
import { STAGE_OPTIONS } from "../stage_options.ts";
import { type Command, MASTER, MESSAGE, type OptionSpec, WAIT } from "../command.ts";

const AGAIN: OptionSpec = {
  name: "again",
  help: "bless it once more: machines that it failed on try it again",
};

const STAY: OptionSpec = {
  name: "stay",
  help: "on this machine: keep it active even if its health fails",
};

export const jump: Command = {
  name: "jump",
  usage: [
    "REVISION [--stay]",
    "--master REVISION [-m TEXT] [--again] [--wait DURATION]",
    "--master REVISION [--percent P | --machines N] [--group NAME[,NAME]] [--over DURATION] [--at-once N] [--halt N] [--pause]",
  ],
  summary: "make a revision active, here or for all machines",
  details: [
    "On this machine: runs pre-jump.sh of the revision and un-jump.sh of the active one, switches " +
    "'current', then runs post-jump.sh, and health.sh again and again until it succeeds. If it does " +
    "not within FTL_HEALTH_TIMEOUT, the machine goes back to what was active before.",
    "With --master: blesses the revision in S3, so that every machine's next sync activates it. --wait then waits for " +
    "the machines, with the exit codes of 'ftl fleet --wait'.",
    "With a size, a group or a time it rolls the revision out in stages: some machines take it, the others stay on " +
    "the blessed one, and all hold it ready. The same again takes the next step. Without any, the revision is for " +
    "all: that ends the rollout. 'ftl jump-back --master' stops it.",
    "With FTL_SIGN_KEY the blessing is signed, if what was spooled is: by whom FTL_TRUST names, or without it by the same " +
    "key. The same by another person adds a signature.",
  ],
  options: [STAY, MASTER, MESSAGE, AGAIN, ...STAGE_OPTIONS, WAIT],
  least: 1,
  most: 1,
  examples: [
    ["ftl jump my_site.VZ5vQk8aR4G", "try it on this machine"],
    ["ftl jump --master my_site.VZ5vQk8aR4G", "bless it for all machines"],
    ["ftl jump --master my_site.VZ5vQk8aR4G --wait 15m", "and wait until they run it, as in CI"],
    ["ftl jump --master my_site.VZ5vQk8aR4G --percent 10", "first on every tenth machine"],
    ["ftl jump --master my_site.VZ5vQk8aR4G --over 2h", "then on all others, within two hours"],
  ],
  completes: "revision",
  isAboutMachine: (given) => !given.has("master"),
  scope: (flags) => flags.has("master") ? "master" : "change",
  mayTakeLong: true,
  signs: true,
};
