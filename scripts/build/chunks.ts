/**
 * Lets esbuild put what is loaded together into one file, because the start of a program pays for each file.
 *
 * esbuild puts modules into one file if the same entries need them, and each lazy import counts as an entry. So
 * what `mod.ts` needs comes in some fifty files: each lazy import needs another part of it. But all of that
 * is there before any lazy import begins. If each lazily imported module also imports what was surely loaded before
 * it, the same entries need all of that, and it becomes one file.
 */
import type * as esbuild from "esbuild";

/** Where the bundling has what stands for a module of the runtime: such a path begins with it and a colon. */
export const BUILT_IN = "built-in";

/** Which modules import which, by their paths below `absWorkingDir`: esbuild's own account of a bundling. */
export type Inputs = esbuild.Metafile["inputs"];

/** What is surely loaded before each lazily imported module, by the paths of both. */
export function loadedBefore(inputs: Inputs, entry: string): Map<string, ReadonlySet<string>> {
  const importers = lazyImporters(inputs);
  const needs = new Map([entry, ...importers.keys()].map((path) => [path, needsOf(inputs, path)]));
  const before = new Map<string, ReadonlySet<string>>([[entry, new Set()]]);
  // It begins with too much, and takes away what one of the ways to a module does not load.
  const all = new Set(Object.keys(inputs));
  for (const path of importers.keys()) before.set(path, all);
  for (let isSettled = false; !isSettled;) {
    isSettled = true;
    for (const [path, froms] of importers) {
      let found = before.get(path) ?? new Set<string>();
      const size = found.size;
      for (const [start, needed] of needs) {
        if (froms.isDisjointFrom(needed)) continue;
        found = found.intersection(needed.union(before.get(start) ?? new Set()));
      }
      before.set(path, found);
      if (found.size < size) isSettled = false;
    }
  }
  before.delete(entry);
  return before;
}

/** The modules that each lazily imported module is imported by. */
function lazyImporters(inputs: Inputs): Map<string, Set<string>> {
  const importers = new Map<string, Set<string>>();
  for (const [from, { imports }] of Object.entries(inputs)) {
    for (const { path, kind, external } of imports) {
      if (kind !== "dynamic-import" || external) continue;
      const froms = importers.get(path) ?? new Set();
      importers.set(path, froms.add(from));
    }
  }
  return importers;
}

/** The module and all that it cannot do without. */
export function needsOf(inputs: Inputs, start: string): Set<string> {
  const found = new Set([start]);
  // A set's loop also comes to what is added meanwhile.
  for (const path of found) {
    for (const { path: next, kind, external } of inputs[path]?.imports ?? []) {
      if (kind !== "dynamic-import" && !external) found.add(next);
    }
  }
  return found;
}

/**
 * The plugin that adds imports to lazily imported modules. `entry` is never imported, since it still runs. `read` gives
 * the text of a file.
 */
export function gathered(
  more: ReadonlyMap<string, ReadonlySet<string>>,
  { root, entry, read }: {
    root: string;
    entry: string;
    read: (build: esbuild.PluginBuild, path: string) => Promise<string>;
  },
): esbuild.Plugin {
  const imports = new Map([...more].map(([path, loaded]) => {
    const paths = [...loaded].filter((path) => path !== entry && isFile(path)).sort();
    return [pathOf(root, path), paths.map((path) => pathOf(root, path))] as const;
  }));
  return {
    name: "gathered",
    setup(build): void {
      build.onLoad({ filter: /\.[mc]?[jt]s$/ }, async ({ path, namespace }) => {
        const paths = namespace === "file" ? imports.get(path) : undefined;
        if (paths === undefined) return null;
        const lines = paths.map((path) => `import ${JSON.stringify(path)};`).join("");
        const loader = path.endsWith("ts") ? "ts" : "js";
        return { contents: `${lines}${await read(build, path)}`, loader };
      });
    },
  };
}

function isFile(path: string): boolean {
  return !path.endsWith(".json") && !path.startsWith(`${BUILT_IN}:`);
}

function pathOf(root: string, path: string): string {
  return decodeURIComponent(new URL(path, `file://${root}/`).pathname);
}
