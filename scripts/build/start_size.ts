/**
 * How much JavaScript the program parses before it begins to work. A change of the SDK, or an import that is not lazy
 * any more, shows nowhere but there.
 */
import type * as esbuild from "esbuild";

/** The files that were made: esbuild's own account of a bundling. */
type Outputs = esbuild.Metafile["outputs"];

interface Start {
  readonly what: string;
  /** Modules that are loaded, by their paths in the repository. What they import at once comes with them. */
  readonly modules: readonly string[];
  /** Bytes. A tenth more than when this was written. */
  readonly most: number;
}

const ENTRY = "mod.ts";

const STARTS: readonly Start[] = [
  { what: "the help", modules: [ENTRY], most: 64_000 },
  { what: "each other command", modules: [ENTRY, "src/cli/run_command.ts"], most: 66_000 },
  {
    what: "a list of names",
    modules: [ENTRY, "src/cli/run_command.ts", "src/cli/actions/list.ts"],
    most: 79_000,
  },
  {
    what: "a sync that has nothing to do",
    modules: [
      ENTRY,
      "src/cli/run_command.ts",
      "src/cli/actions/sync.ts",
      "src/bucket/s3/s3_bucket.ts",
    ],
    most: 253_000,
  },
  {
    what: "a command that writes to S3",
    modules: [
      ENTRY,
      "src/cli/run_command.ts",
      "src/bucket/s3/s3_bucket.ts",
      "src/bucket/s3/sdk_bucket.ts",
    ],
    most: 450_000,
  },
];

/** Throws an Error with a message for the user if one of them has too many bytes, or a module is no entry any more. */
export function requireSmallStarts(
  outputs: Outputs,
  starts: readonly Start[] = STARTS,
): void {
  for (const { what, modules, most } of starts) {
    const bytes = bytesOf(outputs, modules);
    if (bytes <= most) continue;
    throw new Error(
      `${what} would parse ${bytes} bytes of JavaScript, more than ${most}: find what is loaded that was not, ` +
        "or raise the limit in scripts/build/start_size.ts",
    );
  }
}

/** Bytes of the files that have these modules, and of all that these import at once. */
function bytesOf(outputs: Outputs, modules: readonly string[]): number {
  const found = new Set(modules.map((module) => fileOf(outputs, module)));
  let bytes = 0;
  // A set's loop also comes to what is added meanwhile.
  for (const path of found) {
    const { bytes: own = 0, imports = [] } = outputs[path] ?? {};
    bytes += own;
    for (const { path: next, kind, external } of imports) {
      if (kind === "import-statement" && !external) found.add(next);
    }
  }
  return bytes;
}

function fileOf(outputs: Outputs, module: string): string {
  const found = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === module);
  if (found !== undefined) return found[0];
  throw new Error(
    `${module} is not in a file of its own any more: name what a start loads in scripts/build/start_size.ts`,
  );
}
