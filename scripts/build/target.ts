/**
 * What FTL is built for. Servers run Linux: the two architectures of Linux are the default, and have the names that
 * Deno gives them. The others are for the machines of developers, who spool, look and bless.
 */

export type Architecture = "x86_64" | "aarch64";

export type Target = Architecture | "macos-arm64" | "macos-x86_64";

export interface TargetFacts {
  readonly system: "linux" | "macos";
  readonly architecture: Architecture;
  /** Deno's name. */
  readonly triple: string;
  /** In the executable's name: `arm64` is the word of Debian, AWS and Apple, `x86_64` that of the kernels. */
  readonly suffix: string;
}

export const TARGETS: Readonly<Record<Target, TargetFacts>> = {
  "x86_64": {
    system: "linux",
    architecture: "x86_64",
    triple: "x86_64-unknown-linux-gnu",
    suffix: "linux-x86_64",
  },
  "aarch64": {
    system: "linux",
    architecture: "aarch64",
    triple: "aarch64-unknown-linux-gnu",
    suffix: "linux-arm64",
  },
  "macos-arm64": {
    system: "macos",
    architecture: "aarch64",
    triple: "aarch64-apple-darwin",
    suffix: "macos-arm64",
  },
  "macos-x86_64": {
    system: "macos",
    architecture: "x86_64",
    triple: "x86_64-apple-darwin",
    suffix: "macos-x86_64",
  },
};

const ALL = Object.keys(TARGETS) as Target[];
/** What is built if nothing is named. */
const STANDARD: readonly Target[] = ["x86_64", "aarch64"];

/** The targets of `--target`. Throws an Error with a message for the user. */
export function targetsOf(names: readonly string[] | undefined): readonly Target[] {
  if (names === undefined) return STANDARD;
  if (names.includes("all")) return ALL;
  return [...new Set(names)].map((name) => {
    const target = ALL.find((known) => known === name);
    if (target !== undefined) return target;
    throw new Error(`No such target: ${name}; the targets are ${ALL.join(", ")}, and all`);
  });
}

/** The name of an executable, or the beginning of the name of what is made of it. */
export function nameOfExecutable(version: string, target: Target): string {
  return `ftl-${version}-${TARGETS[target].suffix}`;
}
