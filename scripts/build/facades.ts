/**
 * Lets lazy imports go straight to the file that has the module.
 *
 * Where others load a lazily imported module too, esbuild puts it into a shared file, and makes one with its name
 * that only passes it on. The start of a program pays for each file.
 */

/** A file of a program. */
export interface BuiltFile {
  /** The name, below the one folder of all files. */
  readonly name: string;
  readonly text: string;
}

/** A file that only passes on what another one has. */
interface Facade {
  readonly target: string;
  /** The target's names, by those that the facade gives them. */
  readonly names: ReadonlyMap<string, string>;
  /** What it loads besides. */
  readonly also: readonly string[];
}

const FACADE =
  /^((?:import"\.\/[^"]+";)*)import\{([^}]*)\}from"\.\/([^"]+)";((?:import"\.\/[^"]+";)*)export\{([^}]*)\};\s*$/;
const LOADED = /(?:^|;)import(?:\{[^}]*\}from)?"\.\/([^"]+)"/g;
const LAZY = /\bimport\("\.\/([^"]+)"\)/g;

/** The same program, without the files that nobody needs then. */
export function withoutFacades(files: readonly BuiltFile[]): BuiltFile[] {
  const loads = new Map(files.map(({ name, text }) => [name, namesIn(text, LOADED)]));
  const facades = new Map(files.flatMap(({ name, text }) => {
    const facade = facadeIn(text);
    return facade === undefined ? [] : [[name, facade]];
  }));
  const straight = files.map(({ name, text }) => ({
    name,
    text: text.replace(LAZY, (call, to: string) => {
      const facade = facades.get(to);
      if (facade === undefined || !bringsAll(facade, { from: name, loads })) return call;
      const names = [...facade.names].map(([given, own]) => `${given}:m.${own}`);
      return `import("./${facade.target}").then(m=>({${names.join(",")}}))`;
    }),
  }));
  const needed = new Set(straight.flatMap(({ text }) => [
    ...namesIn(text, LOADED),
    ...namesIn(text, LAZY),
  ]));
  return straight.filter(({ name }) => needed.has(name) || !facades.has(name));
}

function facadeIn(text: string): Facade | undefined {
  const [, before = "", imported = "", target, after = "", exported = ""] = FACADE.exec(text) ?? [];
  if (target === undefined) return undefined;
  const own = new Map(pairsIn(imported).map(([from, to]) => [to, from]));
  const names = pairsIn(exported).map(([local, given]) => [given, own.get(local) ?? ""] as const);
  return { target, names: new Map(names), also: namesIn(before + after, LOADED) };
}

/** `a` and `b` of each `a as b`, and twice `a` of a mere `a`. */
function pairsIn(list: string): [string, string][] {
  return list.split(",").map((one) => {
    const [from = "", to = from] = one.trim().split(/\s+as\s+/);
    return [from, to];
  });
}

/** Whether all that the facade loads is there without it: what it does by being loaded must still be done. */
function bringsAll(
  { target, also }: Facade,
  { from, loads }: { from: string; loads: ReadonlyMap<string, readonly string[]> },
): boolean {
  const loaded = new Set([from, target]);
  // A set's loop also comes to what is added meanwhile.
  for (const name of loaded) for (const next of loads.get(name) ?? []) loaded.add(next);
  return also.every((name) => loaded.has(name));
}

function namesIn(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, name = ""]) => name);
}
