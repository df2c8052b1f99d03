/** Maps the command names of similar tools to FTL's commands, e.g. for a user who types `ftl rollback`. */

const SPOOL = "'ftl spool FILE'";
const BLESS = "'ftl jump --master REVISION'";
const MEANINGS: readonly (readonly [words: string, hint: string])[] = [
  [
    "rollback roll-back revert undo back restore",
    "Did you mean 'ftl jump-back PACKAGE'? With --master it goes back on all machines",
  ],
  [
    "deploy release ship rollout roll-out",
    `Two steps: ${SPOOL} uploads a revision, ${BLESS} has all machines activate it`,
  ],
  ["push upload publish put add create new pack send store", `Did you mean ${SPOOL}?`],
  ["bless promote approve", `Did you mean ${BLESS}?`],
  [
    "activate switch use set enable link run start go checkout select",
    "Did you mean 'ftl jump REVISION'? With --master it is for all machines",
  ],
  [
    "update pull fetch download get refresh apply upgrade install converge",
    "Did you mean 'ftl sync'? It fetches and activates the blessed revision",
  ],
  [
    "ls dir packages revisions versions releases tags",
    "Did you mean 'ftl list'? With --master it lists what is in S3",
  ],
  ["history log logs who", "Did you mean 'ftl list --master --long PACKAGE'?"],
  [
    "rm remove delete del unlink clean cleanup prune gc uninstall drop",
    "Did you mean 'ftl purge REVISION'? With --keep N PACKAGE it removes old ones",
  ],
  [
    "machines hosts nodes servers reports who-runs",
    "Did you mean 'ftl fleet'? It shows what each machine runs",
  ],
  ["st state info show current active ps diff", "Did you mean 'ftl status'?"],
  [
    "plan preview dry-run",
    "Did you mean 'ftl sync --dry-run'? It shows what a sync would do",
  ],
  ["follow unhold release-hold resume", "Did you mean 'ftl sync --follow'?"],
  ["check diagnose test health ping env", "Did you mean 'ftl doctor'?"],
  [
    "validate audit integrity fsck checksum sha256 compare tampered signature",
    "Did you mean 'ftl verify'? With --master it checks what is in S3",
  ],
  ["init configure config systemd cron cloud-init iam", "Did you mean 'ftl setup'?"],
  ["completion bash zsh fish", "Did you mean 'ftl completions bash', zsh or fish?"],
  ["version", "Did you mean 'ftl --version'?"],
  ["man manual usage commands", "Did you mean 'ftl help'?"],
];

/** A hint for a word that is not a command. Undefined if its meaning is unknown. */
export function meaningOf(word: string): string | undefined {
  const plain = word.toLowerCase();
  return MEANINGS.find(([words]) => words.split(" ").includes(plain))?.[1];
}
