/** `ftl spool` on the command line. */
import { spoolDocument } from "../text/documents.ts";
import { messageOption } from "../values.ts";
import { type Command, MESSAGE } from "../command.ts";

export const spool: Command = {
  name: "spool",
  usage: ["FILE [-m TEXT] [--no-delta]"],
  summary: "upload a file to S3 as a new revision",
  details: [
    "The package is the file's name up to its first dot: my_site.tgz is a revision of my_site. " +
    "Archives (.tar, .tar.gz, .tgz, .tar.zst, .tzst) are unpacked on the machines, .gz and .zst are " +
    "decompressed, anything else is stored as it is.",
    "Before the upload, the file is checked as a machine would unpack it. A file that a machine would " +
    "refuse is not uploaded. Prints only the new revision's name.",
    "Machines that run the newest revision, or the blessed one, need not download all of it: a patch is put beside " +
    "it, if that is much smaller. Large files may need the older revision for that, which is downloaded meanwhile. " +
    "What is compared waits in the folder for temporary files.",
    "With FTL_SIGN_KEY it is signed: a key or its .pub for ssh-keygen, the text of an Ed25519 key, or exec: and a program.",
  ],
  options: [
    MESSAGE,
    { name: "no-delta", help: "make no patch, so that machines download the whole revision" },
  ],
  least: 1,
  most: 1,
  examples: [
    ["ftl spool my_site.tgz", "a new revision of my_site"],
    [
      "ftl jump --master $(ftl spool my_site.tgz -m 'fix login')",
      "the same, blessed at once",
    ],
  ],
  completes: "file",
  // What a patch is made of lies in a temporary file.
  scope: (given) => given.has("no-delta") ? "master" : "spool",
  mayTakeLong: true,
  signs: true,
  run: async (context, { words: [file = ""], flags, values }) => {
    const { spool } = await import("../../commands/spool/spool.ts");
    const delta = !flags.has("no-delta");
    const spooled = await spool(context, file, { ...messageOption(values), delta });
    return { lines: [spooled.revision], json: spoolDocument(spooled), failures: [] };
  },
};
