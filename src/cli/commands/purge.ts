/** `ftl purge` on the command line. */
import { type Command, DRY_RUN, MASTER } from "../command.ts";

export const purge: Command = {
  name: "purge",
  usage: ["[--master] REVISION [--dry-run]", "[--master] --keep N PACKAGE [--dry-run]"],
  summary: "remove revisions, here or from S3",
  details: [
    "It never removes the active, the blessed or the previous revision. On a machine pre-remove.sh runs " +
    "first; if it fails, the revision stays. --keep N removes all but the newest N and the protected ones.",
  ],
  options: [
    MASTER,
    { name: "keep", value: "N", help: "remove all revisions of a package but the newest N" },
    DRY_RUN,
  ],
  least: 1,
  most: 1,
  examples: [
    ["ftl purge --master my_site.VZ5vQk8aR4G", "from S3; each machine's next sync removes it too"],
    ["ftl purge --master --keep 20 my_site --dry-run", "show which old ones would be removed"],
  ],
  completes: "revision",
  isAboutMachine: (given) => !given.has("master"),
  scope: (flags) => flags.has("master") ? "master" : flags.has("dry-run") ? "look" : "change",
  mayTakeLong: true,
};
