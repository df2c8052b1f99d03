/** `ftl jump` on the command line. */
import { jump as jumpHere, jumpMaster } from "../../commands/jump.ts";
import { requireRevisionName } from "../../revision/names.ts";
import { jumpDocument } from "../text/documents.ts";
import { messageOption, refuseMessage } from "../values.ts";
import { type Command, MASTER, MESSAGE } from "../command.ts";

export const jump: Command = {
  name: "jump",
  usage: ["REVISION", "--master REVISION [-m TEXT]"],
  summary: "make a revision active, here or for all machines",
  details: [
    "On this machine: runs pre-jump.sh of the revision and un-jump.sh of the active one, switches " +
    "'current', then runs post-jump.sh. With --master: blesses the revision in S3, so that every " +
    "machine's next sync activates it.",
  ],
  options: [MASTER, MESSAGE],
  least: 1,
  most: 1,
  examples: [
    ["ftl jump my_site.VZ5vQk8aR4G", "try it on this machine"],
    ["ftl jump --master my_site.VZ5vQk8aR4G", "bless it for all machines"],
  ],
  completes: "revision",
  scope: (flags) => flags.has("master") ? "master" : "change",
  mayTakeLong: true,
  run: async (context, { words: [name = ""], flags, values }) => {
    const revision = requireRevisionName(name);
    const master = flags.has("master");
    const jumped = master
      ? await jumpMaster(context, revision, messageOption(values))
      : await jumpHere(context, refuseMessage(values) ?? revision);
    return { lines: [], json: jumpDocument(jumped, { master }), failures: jumped.failures };
  },
};
