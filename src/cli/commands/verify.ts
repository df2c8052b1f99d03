/** `ftl verify` on the command line. */
import { type Command, MASTER } from "../command.ts";

export const verify: Command = {
  name: "verify",
  usage: [
    "[REVISION|PACKAGE...] [--strict] [--trust FILE]",
    "--master REVISION|PACKAGE [--trust FILE] [--show DIR]",
    "--trust FILE",
  ],
  summary: "check that what is here, or in S3, is what was spooled",
  details: [
    "On this machine: downloads the revision again, and compares each file, folder and link with it: type, mode, " +
    "size, content, target of a link. Without a name: the active revision of each package. One line for each path " +
    "that is changed, missing or extra; exit 5 if one is changed or missing. What scripts of the package have changed " +
    "is shown as well. --strict also fails for what is extra, and for times that differ.",
    "With --master: downloads the revision, or the blessed one of a package, and checks its size and its SHA-256.",
    "With FTL_TRUST, or the allowed signers of --trust FILE, also says who signed the revision and the blessing, and " +
    "exits with 5 if they may not. --show DIR writes what was signed and the signatures into a new folder, and prints " +
    "the lines that check them with ssh-keygen.",
    "--trust FILE alone shows whom a file trusts, without a bucket; exit 2 if that is nobody.",
    "It changes nothing, and takes no lock.",
  ],
  options: [
    MASTER,
    { name: "strict", help: "what is extra, and times that differ, are failures, too" },
    { name: "trust", value: "FILE", help: "a file of allowed signers, in the place of FTL_TRUST" },
    { name: "show", value: "DIR", help: "write what was signed into the new folder DIR" },
  ],
  least: 0,
  most: Infinity,
  examples: [
    ["ftl verify", "what runs here"],
    ["ftl verify --master my_site", "what is blessed in S3"],
    ["ftl verify --master my_site --show /tmp/signed", "the same, for ssh-keygen"],
    ["ftl verify --trust /etc/ftl/allowed_signers", "whom this file trusts"],
  ],
  completes: "revision",
  // `--trust FILE` alone is about that file.
  isAboutMachine: (given, words) =>
    !given.has("master") && !(words.length === 0 && given.has("trust")),
  scope: (given) => given.has("show") ? "show" : "master",
  mayTakeLong: true,
};
