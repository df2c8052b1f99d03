/**
 * Decides which files of a program are to be one file, though not all who load the one need the other.
 *
 * Modules that the same lazy imports need become one file, see chunks.ts. Each command is a lazy import, and needs
 * another choice of small modules, so these would come in dozens of files. A file costs at the start of a program as
 * much as some kilobytes that nobody calls: so a few of those are better than one more file.
 */
import { BUILT_IN, type Inputs, loadedBefore, needsOf } from "./chunks.ts";

/** What a file costs, in bytes of JavaScript: some 0.1 ms, while 20 to 27 kB take 1 ms. */
const FILE = 3_000;

/** By what files are weighed against each other. */
export interface Weighing {
  readonly entry: string;
  /** Bytes that each module has in the program. */
  readonly sizes: ReadonlyMap<string, number>;
  /** How much the start of each lazy import counts, if not 1. */
  readonly weights: ReadonlyMap<string, number>;
}

/** Modules that the same lazy imports load: one file. */
interface Group {
  readonly modules: string[];
  size: number;
  /** Who has them when he is loaded, and who of these loads them himself. */
  readonly loaders: ReadonlySet<string>;
  readonly payers: Set<string>;
  /** Whether it only has ES modules: a CommonJS module would do its work where it was not to be loaded. */
  canMerge: boolean;
}

interface Plan {
  readonly inputs: Inputs;
  readonly groups: readonly Group[];
  /** What all lazy imports together cost, each once, in bytes. */
  readonly cost: number;
}

/**
 * What each lazily imported module is to import besides what it does: what was surely loaded before it, and what is
 * to be in one file with what it needs.
 */
export function importsToAdd(inputs: Inputs, weighing: Weighing): Map<string, ReadonlySet<string>> {
  const after = merged(inputs, weighing);
  return new Map([...loadedBefore(after, weighing.entry)].map(([path, before]) => {
    return [path, importsOf(after, path).difference(importsOf(inputs, path)).union(before)];
  }));
}

function importsOf(inputs: Inputs, path: string): Set<string> {
  return new Set(inputs[path]?.imports.map((one) => one.path));
}

/** The same modules, with imports added where files are merged. */
function merged(inputs: Inputs, weighing: Weighing): Inputs {
  const refused = new Set<string>();
  let plan = planOf(inputs, weighing);
  for (;;) {
    const pairs = pairsOf(plan.groups, weighing.weights).filter((one) => !refused.has(nameOf(one)));
    const [best] = pairs;
    if (best === undefined) return plan.inputs;
    // What a merger saves is only known when it is tried, as the modules bring along what they import.
    const next = [apart(pairs), [best]].map((some) =>
      planOf(some.reduce(withMerger, plan.inputs), weighing)
    ).find(({ cost }) => cost < plan.cost);
    if (next === undefined) refused.add(nameOf(best));
    else plan = next;
  }
}

function planOf(inputs: Inputs, { entry, sizes, weights }: Weighing): Plan {
  const before = loadedBefore(inputs, entry);
  const groups = new Map<string, Group>();
  for (const [module, loaders] of loadersOf(inputs, before)) {
    const bytes = sizes.get(module);
    if (bytes === undefined) continue;
    const key = [...loaders].sort().join("\n");
    const group = groups.get(key) ??
      { modules: [], size: 0, loaders, payers: new Set(), canMerge: true };
    groups.set(key, group);
    group.modules.push(module);
    group.canMerge &&= inputs[module]?.format !== "cjs" || module.startsWith(`${BUILT_IN}:`);
    group.size += bytes;
    for (const path of loaders) if (!before.get(path)?.has(module)) group.payers.add(path);
  }
  const all = [...groups.values()];
  const costs = all.map((group) => costOf(group, { lazy: before, weights }));
  return { inputs, groups: all, cost: costs.reduce((sum, one) => sum + one, 0) };
}

/** In bytes. A lazily imported module that others load too is in another file than that of its name. */
function costOf(
  { modules, size, payers, loaders }: Group,
  { lazy, weights }: { lazy: ReadonlyMap<string, unknown>; weights: Weighing["weights"] },
): number {
  const named = loaders.size === 1 ? [] : modules.filter((module) => lazy.has(module));
  return (size + FILE) * weightOf(payers, weights) + FILE * weightOf(named, weights);
}

/** Which lazily imported modules have each module when they are loaded. */
function loadersOf(
  inputs: Inputs,
  before: ReadonlyMap<string, ReadonlySet<string>>,
): Map<string, Set<string>> {
  const loaders = new Map<string, Set<string>>();
  for (const [path, loaded] of before) {
    for (const module of needsOf(inputs, path).union(loaded)) {
      const known = loaders.get(module) ?? new Set<string>();
      loaders.set(module, known.add(path));
    }
  }
  return loaders;
}

function weightOf(paths: Iterable<string>, weights: Weighing["weights"]): number {
  return [...paths].reduce((sum, path) => sum + (weights.get(path) ?? 1), 0);
}

interface Pair {
  readonly one: Group;
  readonly other: Group;
  /** Bytes that a merger saves, without what the modules import. */
  readonly gain: number;
}

/** The pairs that gain something, the best first. */
function pairsOf(groups: readonly Group[], weights: Weighing["weights"]): Pair[] {
  const modules = groups.filter(({ canMerge }) => canMerge);
  return modules.flatMap((one, index) =>
    modules.slice(index + 1).map((other) => ({ one, other, gain: gainOf(one, other, weights) }))
  ).filter(({ gain }) => gain > 0).sort((a, b) => b.gain - a.gain);
}

/** The best pairs that have no group in common. */
function apart(pairs: readonly Pair[]): Pair[] {
  const used = new Set<Group>();
  return pairs.filter(({ one, other }) => {
    if (used.has(one) || used.has(other)) return false;
    used.add(one).add(other);
    return true;
  });
}

function gainOf(one: Group, other: Group, weights: Weighing["weights"]): number {
  if (one.payers.isDisjointFrom(other.payers)) return 0;
  return FILE * weightOf(one.payers.intersection(other.payers), weights) -
    one.size * weightOf(other.payers.difference(one.loaders), weights) -
    other.size * weightOf(one.payers.difference(other.loaders), weights) -
    FILE * [one, other].filter(({ loaders }) => loaders.size === 1)
        .reduce((sum, { loaders }) => sum + weightOf(loaders, weights), 0);
}

function nameOf({ one, other }: Pair): string {
  return [one.modules[0], other.modules[0]].join("\n");
}

function withMerger(inputs: Inputs, { one, other }: Pair): Inputs {
  const next = { ...inputs };
  const add = (path: string, modules: readonly string[]): void => {
    const input = next[path];
    if (input === undefined) return;
    const imports = modules.filter((module) => module !== path)
      .map((module) => ({ path: module, kind: "import-statement" as const }));
    next[path] = { ...input, imports: [...input.imports, ...imports] };
  };
  for (const path of other.payers.difference(one.loaders)) add(path, one.modules);
  for (const path of one.payers.difference(other.loaders)) add(path, other.modules);
  return next;
}
