/** `ftl sync` on the command line. */
import { type Command, DRY_RUN } from "../command.ts";

export const sync: Command = {
  name: "sync",
  usage: ["[PACKAGE...] [--follow] [--splay SECONDS] [--list-every SECONDS] [--dry-run]"],
  summary: "bring this machine in line with S3",
  details: [
    "For each package that has a folder in FTL_ROOT: fetches the blessed revision, the one that it " +
    "replaced, and the newest FTL_KEEP candidates; runs post-sync.sh; activates the blessed revision; " +
    "removes revisions that are no longer needed. No revision is visible before it is complete.",
    "Where S3 has a patch from a revision that is here, only that is downloaded, if FTL_DELTA allows it: by " +
    "default with a spare, which is the last revision that was removed, kept for that: FTL_SPARE.",
    "After a jump on this machine, the chosen revision stays active until another one is blessed. " +
    "--follow drops this hold.",
    "A listing shows all, and costs 12 times as much as a look at what is blessed. --list-every is for timers: a " +
    "blessing is seen by the next sync as ever, a new candidate or a removal from S3 within SECONDS.",
    "After the sync of a package that changed something, the program of FTL_NOTIFY is told of it: a revision " +
    "became active, or the sync failed for a new reason, recovered, or went back after a failed health.",
    "During a staged rollout, a machine that may take the candidate first asks how the others do, and tells how " +
    "the candidate does here. A machine that has to wait holds it ready.",
    "With FTL_REPORT, the last step tells S3 what this machine runs, for 'ftl fleet'. It fails no sync.",
    "With --quiet, for timers, a sync with nothing to do prints nothing. A sync that fetches, activates " +
    "or removes revisions prints one line for each.",
  ],
  options: [
    { name: "follow", help: "drop a local hold: activate the blessed revision" },
    {
      name: "splay",
      value: "SECONDS",
      help: "wait a random part of SECONDS first, so that the machines do not ask all at once",
    },
    {
      name: "list-every",
      value: "SECONDS",
      help: "look for new candidates only every SECONDS, and else only at what is blessed",
    },
    DRY_RUN,
  ],
  least: 0,
  most: Infinity,
  examples: [
    ["ftl sync", "all packages of this machine"],
    ["ftl sync my_site", "only this package"],
    ["ftl sync --dry-run", "show what would be fetched, activated and removed"],
    ["* * * * * root ftl sync --quiet --splay 30 --list-every 600", "from cron, for many machines"],
  ],
  completes: "package",
  isAboutMachine: () => true,
  scope: (flags) => flags.has("dry-run") ? "master" : "sync",
  mayTakeLong: true,
  logsChanges: true,
};
