/** `ftl spool` on the command line. */
import { type Command, MESSAGE } from "../command.ts";

export const spool: Command = {
  name: "spool",
  usage: [
    "FILE [-m TEXT] [--no-delta]",
    "FOLDER [--name PACKAGE] [--exclude PATTERN]... [-m TEXT] [--no-delta]",
  ],
  summary: "upload a file or a folder to S3 as a new revision",
  details: [
    "The package is the file's name up to its first dot: my_site.tgz is a revision of my_site. " +
    "Archives (.tar, .tar.gz, .tgz, .tar.zst, .tzst) are unpacked on the machines, .gz and .zst are " +
    "decompressed, anything else is stored as it is.",
    "A folder is packed, all of it but what --exclude leaves out, and the same folder gives the same " +
    "bytes; S3 copies what it has from the last time. The package is --name, or else the folder's name. " +
    "A pattern is as in a .gitignore at the folder's top; a .gitignore itself is not applied.",
    "Before the upload, the file is checked as a machine would unpack it. A file that a machine would " +
    "refuse is not uploaded. Prints only the new revision's name.",
    "Machines that run the newest revision, or the blessed one, need not download all of it: a patch is put beside " +
    "it, if that is much smaller. Large files may need the older revision for that, which is downloaded meanwhile. " +
    "What is compared waits in the folder for temporary files.",
    "With FTL_SIGN_KEY it is signed: a key or its .pub for ssh-keygen, the text of an Ed25519 key, or exec: and a program.",
  ],
  options: [
    { name: "name", value: "PACKAGE", help: "the package, for a folder" },
    {
      name: "exclude",
      value: "PATTERN",
      repeatable: true,
      help: "leave this out of a folder: node_modules/, *.map, /build ...; may be repeated",
    },
    MESSAGE,
    {
      name: "no-delta",
      help: "make no patch, so that machines download the whole revision; S3 copies nothing, and " +
        "a folder's mtimes are those on the disk",
    },
  ],
  least: 1,
  most: 1,
  examples: [
    ["ftl spool my_site.tgz", "a new revision of my_site"],
    [
      "ftl jump --master $(ftl spool my_site.tgz -m 'fix login')",
      "the same, blessed at once",
    ],
    [
      "ftl spool dist --name my_site --exclude '*.map'",
      "what is in dist, without source maps",
    ],
  ],
  completes: "file",
  // A folder is packed into a temporary file, and what a patch is made of lies in one.
  scope: () => "spool",
  mayTakeLong: true,
  signs: true,
};
