/** One use of `jq` (https://jqlang.org) for each command whose document programs read. */

/** What a person types, and what it prints. */
export interface JqExample {
  /** The form of the document, as `Form.of` names it. */
  readonly of: string;
  /** The command line, with `--json`. */
  readonly line: string;
  readonly filter: string;
  readonly prints: string;
}

/** By the command's name. A test runs each filter on the example of its form. */
export const JQ_EXAMPLES: Readonly<Record<string, JqExample>> = {
  spool: {
    of: "`ftl spool`",
    line: "ftl spool my_site.tgz --json",
    filter: ".key",
    prints: "the key of the new revision in the bucket",
  },
  list: {
    of: "`ftl list --master --long PACKAGE`",
    line: "ftl list --master --long my_site --json",
    filter: '.revisions[] | "\\(.revision) \\(.details.by)"',
    prints: "each revision, and who spooled it",
  },
  sync: {
    of: "`ftl sync`",
    line: "ftl sync --json",
    filter: ".packages[].activated // empty",
    prints: "the revisions that became active",
  },
  jump: {
    of: "`ftl jump`",
    line: "ftl jump my_site.VZ5vQk8aR4G --json",
    filter: ".from",
    prints: "the revision that was active before",
  },
  "jump-back": {
    of: "`ftl jump-back`",
    line: "ftl jump-back my_site --json",
    filter: ".revision",
    prints: "the revision that is active now",
  },
  purge: {
    of: "`ftl purge`",
    line: "ftl purge --master --keep 20 my_site --json",
    filter: ".removed[]",
    prints: "the revisions that were removed",
  },
  status: {
    of: "`ftl status`",
    line: "ftl status --json",
    filter: '.packages[] | "\\(.package) \\(.active == .blessed)"',
    prints: "each package, and whether it runs what is blessed",
  },
  fleet: {
    of: "`ftl fleet PACKAGE`, also with `--wait`",
    line: "ftl fleet my_site --json",
    filter: '.machines[] | select(.state != "ok") | "\\(.machine) \\(.state)"',
    prints: "the machines that are not in line",
  },
  verify: {
    of: "`ftl verify`",
    line: "ftl verify --json",
    filter: '.revisions[] | "\\(.revision) \\(.findings[].path)"',
    prints: "each path that is not as it was spooled, and its revision",
  },
  doctor: {
    of: "`ftl doctor`",
    line: "ftl doctor --json",
    filter: '.checks[] | select(.status == "fail") | .detail',
    prints: "what does not work",
  },
  setup: {
    of: "`ftl setup iam`",
    line: "ftl setup iam machine --json",
    filter: ".policies[0].policy.Statement[].Action[]",
    prints: "the actions that a machine needs",
  },
};
