/**
 * The commands as a person types them: the one table that arguments are parsed by and help is made
 * from.
 */

export interface OptionSpec {
  /** Without its dashes. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** What its value is called in help; a flag where there is none. */
  readonly value?: string;
  readonly help: string;
}

export interface CommandSpec {
  readonly name: CommandName;
  /** What follows `ftl <name>`, one line a form. */
  readonly usage: readonly string[];
  readonly summary: string;
  /** Paragraphs. */
  readonly details: readonly string[];
  readonly options: readonly OptionSpec[];
  /** How many arguments it takes. */
  readonly least: number;
  readonly most: number;
  /** Each with what it does. */
  readonly examples: readonly (readonly [command: string, does: string])[];
}

export type CommandName =
  | "spool"
  | "list"
  | "sync"
  | "jump"
  | "jump-back"
  | "purge"
  | "status"
  | "doctor"
  | "setup"
  | "completions"
  | "help";

export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { name: "json", help: "print the result as one JSON document" },
  {
    name: "quiet",
    short: "q",
    help: "no notes on stderr, only warnings, errors, and what a sync changed",
  },
  { name: "verbose", short: "v", help: "more notes, and the stack of an error" },
  { name: "help", short: "h", help: "show help" },
  { name: "version", help: "show the version" },
];

const MASTER: OptionSpec = { name: "master", help: "act in S3, for all machines" };
const DRY_RUN: OptionSpec = { name: "dry-run", help: "only show what would be done" };
const MESSAGE: OptionSpec = {
  name: "message",
  short: "m",
  value: "TEXT",
  help: "keep a note with it, for those who look later",
};

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: "spool",
    usage: ["FILE [-m TEXT]"],
    summary: "upload a file to S3 as a new revision",
    details: [
      "The package is the file's name up to its first dot: my_site.tgz is a revision of my_site. " +
      "Archives (.tar, .tar.gz, .tgz, .tar.zst, .tzst) are unpacked on the machines, .gz and .zst are " +
      "decompressed, anything else is stored as it is.",
      "The file is checked first, as a machine would unpack it: what a machine would refuse is refused " +
      "here. The new revision's name is printed, alone.",
    ],
    options: [MESSAGE],
    least: 1,
    most: 1,
    examples: [
      ["ftl spool my_site.tgz", "a new revision of my_site"],
      [
        "ftl jump --master $(ftl spool my_site.tgz -m 'fix login')",
        "the same, blessed at once",
      ],
    ],
  },
  {
    name: "list",
    usage: ["[--long] [PACKAGE]", "--master [--long] [PACKAGE]"],
    summary: "list packages, or a package's revisions, oldest first",
    details: [
      "Without --master: what is on this machine; with it: what is in S3. The active revision is marked: " +
      "on a machine the one that 'current' points to, in S3 the blessed one.",
      "--long adds time, size, who spooled it, their message, and who blessed it.",
    ],
    options: [MASTER, { name: "long", short: "l", help: "show all that is known" }],
    least: 0,
    most: 1,
    examples: [
      ["ftl list", "this machine's packages"],
      ["ftl list --master my_site", "the revisions of my_site in S3"],
    ],
  },
  {
    name: "sync",
    usage: ["[PACKAGE...] [--follow] [--splay SECONDS] [--dry-run]"],
    summary: "bring this machine in line with S3",
    details: [
      "For each package that has a folder in FTL_ROOT: fetches the blessed revision, the one it replaced, " +
      "and the newest FTL_KEEP candidates; runs post-sync.sh; activates the blessed revision; removes what " +
      "is no longer wanted. Nothing is visible before it is complete.",
      "A revision that was jumped to on this machine stays active until another one is blessed; " +
      "--follow drops that hold.",
      "With --quiet, for timers, a sync with nothing to do says nothing; one that fetches, activates or " +
      "removes a revision leaves a line for each.",
    ],
    options: [
      { name: "follow", help: "drop a local hold: activate what is blessed" },
      {
        name: "splay",
        value: "SECONDS",
        help: "wait a random part of it first, so that a fleet does not ask all at once",
      },
      DRY_RUN,
    ],
    least: 0,
    most: Infinity,
    examples: [
      ["ftl sync", "all packages of this machine"],
      ["ftl sync my_site", "this one only"],
      ["ftl sync --dry-run", "what would be fetched, activated and removed"],
      ["* * * * * root ftl sync --quiet --splay 30", "from cron, for a fleet"],
    ],
  },
  {
    name: "jump",
    usage: ["REVISION", "--master REVISION [-m TEXT]"],
    summary: "make a revision the active one, here or for all machines",
    details: [
      "On this machine: runs pre-jump.sh of the revision, un-jump.sh of the active one, switches " +
      "'current', runs post-jump.sh. With --master: blesses the revision in S3, so that every machine's " +
      "next sync activates it.",
    ],
    options: [MASTER, MESSAGE],
    least: 1,
    most: 1,
    examples: [
      ["ftl jump my_site.VZ5vQk8aR4G", "try it on this machine"],
      ["ftl jump --master my_site.VZ5vQk8aR4G", "bless it for all"],
    ],
  },
  {
    name: "jump-back",
    usage: ["PACKAGE", "--master PACKAGE [-m TEXT]"],
    summary: "go back to the previous revision, here or for all machines",
    details: [
      "The same as a jump to what 'previous' points to, with all scripts; with --master, to what the " +
      "blessed revision replaced. Twice is back where it was.",
    ],
    options: [MASTER, MESSAGE],
    least: 1,
    most: 1,
    examples: [
      ["ftl jump-back my_site", "on this machine"],
      ["ftl jump-back --master my_site -m 'login is broken'", "for all machines"],
    ],
  },
  {
    name: "purge",
    usage: ["[--master] REVISION [--dry-run]", "[--master] --keep N PACKAGE [--dry-run]"],
    summary: "remove revisions, here or from S3",
    details: [
      "Never the active, the blessed or the previous one. On a machine pre-remove.sh runs first; if it " +
      "fails, the revision stays. --keep N removes all but the newest N and the protected ones.",
    ],
    options: [
      MASTER,
      { name: "keep", value: "N", help: "all of a package but the newest N" },
      DRY_RUN,
    ],
    least: 1,
    most: 1,
    examples: [
      ["ftl purge --master my_site.VZ5vQk8aR4G", "from S3; machines remove it by their next sync"],
      ["ftl purge --master --keep 20 my_site --dry-run", "which old ones would go"],
    ],
  },
  {
    name: "status",
    usage: ["[PACKAGE]"],
    summary: "show what runs here, what should, and what a sync would do",
    details: [
      "Active, blessed, previous and newest revision of each package, the disk it takes, how its last " +
      "sync went. (held): a local jump keeps it from the blessed one; (gone): somebody has deleted it, " +
      "and the next sync fetches it again. Without FTL_BUCKET, or where S3 cannot be reached, what the " +
      "machine knows by itself.",
    ],
    options: [],
    least: 0,
    most: 1,
    examples: [["ftl status", "all packages of this machine"]],
  },
  {
    name: "doctor",
    usage: ["[--json]"],
    summary: "check that all is well here, and say how to mend what is not",
    details: [
      "One line a check: ok, info (not as with everybody, and nothing wrong with that), warn (works, but " +
      "look at it) or fail; beneath it what to do. It looks at the variables, credentials, what may be done " +
      "in S3, the clock, the root, disks, locks, links, and what was left undone. Without FTL_ROOT this " +
      "machine's packages are not looked at. It leaves nothing behind, here and in S3.",
      "The exit code is 0 where nothing fails, else that of a command that meets the problem: 6 if it is a " +
      "package script's, else that of the first one.",
    ],
    options: [],
    least: 0,
    most: 0,
    examples: [
      ["ftl doctor", "on a machine, as the user that syncs: sudo or not"],
      ["ftl doctor --json", "for monitoring"],
    ],
  },
  {
    name: "setup",
    usage: [
      "systemd [env|service|timer]",
      "cron",
      "cloud-init [PACKAGE...] [--from URL] [--sums TEXT]",
      "iam [machine|spool|bless|purge [PACKAGE...]]",
    ],
    summary: "print ready text for systemd, cron, cloud-init or IAM",
    details: [
      "Filled with FTL_BUCKET, FTL_ROOT (else /srv/ftl), AWS_REGION and AWS_ENDPOINT_URL_S3 where they " +
      "are set; placeholders such as <bucket>, which ftl refuses, stand for what is not given, and a " +
      "warning names them.",
      "systemd: the variables, a hardened service that syncs once, and a timer that starts it every " +
      "minute; a word picks one of the three, to be written to a file. cron: a file for /etc/cron.d. " +
      "cloud-init: user data that installs ftl for the machine's architecture, checks its SHA-256, makes " +
      "the packages' folders, syncs and starts the timer. iam: the least that each kind of caller must " +
      "be allowed; PACKAGE narrows it to packages.",
    ],
    options: [
      {
        name: "from",
        value: "URL",
        help: "cloud-init: where the executables lie, https:// or s3:// (by the AWS CLI)",
      },
      { name: "sums", value: "TEXT", help: "cloud-init: the text of SHA256SUMS" },
    ],
    least: 1,
    most: Infinity,
    examples: [
      ["ftl setup systemd timer > /etc/systemd/system/ftl-sync.timer", "one file of it"],
      ["ftl setup cron > /etc/cron.d/ftl", "for machines without systemd"],
      [
        'ftl setup cloud-init my_site --from https://downloads.example.com/ftl --sums "$(cat SHA256SUMS)"',
        "user data for machines that run my_site",
      ],
      ["ftl setup iam machine > policy.json", "for the role of the machines"],
    ],
  },
  {
    name: "completions",
    usage: ["bash|zsh|fish"],
    summary: "print the completion script of a shell",
    details: ["Commands, options, and the names of packages and revisions in FTL_ROOT."],
    options: [],
    least: 1,
    most: 1,
    examples: [
      ["source <(ftl completions bash)", "in ~/.bashrc"],
      ["ftl completions fish | source", "in ~/.config/fish/config.fish"],
    ],
  },
  {
    name: "help",
    usage: ["[COMMAND]"],
    summary: "show help",
    details: [],
    options: [],
    least: 0,
    most: 1,
    examples: [],
  },
];
