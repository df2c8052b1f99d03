/** `ftl jump-back` on the command line. */
import { jumpBack as jumpBackHere, jumpBackMaster } from "../../commands/jump_back.ts";
import { requirePackageName } from "../../revision/names.ts";
import { jumpDocument } from "../text/documents.ts";
import { messageOption, refuseMessage, refuseWait, waitOption } from "../values.ts";
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
  run: async (context, { words: [name = ""], flags, values }) => {
    const packageName = requirePackageName(name);
    const master = flags.has("master");
    const jumped = master
      ? await jumpBackMaster(context, packageName, {
        ...messageOption(values),
        ...waitOption(values),
      })
      : await jumpBackHere(context, refuseMessage(values) ?? refuseWait(values) ?? packageName);
    return { lines: [], json: jumpDocument(jumped, { master }), failures: jumped.failures };
  },
};
