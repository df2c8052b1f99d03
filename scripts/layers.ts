/**
 * Checks that imports only go the way the design says: `argv -> cli -> commands -> (remote, archive,
 * local) -> core`. Part of `deno task ok`.
 *
 * Besides: nothing in `src` is unreachable from `mod.ts`, each package from npm is imported by the one
 * file that the table names, by name and version so that it is found from any other project too, and only
 * `mod.ts` touches arguments, environment, exit and signals.
 */
import manifest from "../deno.json" with { type: "json" };

interface Layer {
  /** Files of this layer: a path that starts so. */
  readonly path: string;
  /** What they may import besides their own folder: paths that start so. */
  readonly mayImport: readonly string[];
}

/** The first entry that fits a file is its layer. */
const LAYERS: readonly Layer[] = [
  {
    path: "mod.ts",
    // The two below `remote` are what must be settled before any command runs.
    mayImport: [
      "src/cli/",
      "src/commands/",
      "src/core/",
      "src/remote/certificates.ts",
      "src/remote/profile.ts",
      "deno.json",
    ],
  },
  { path: "src/core/", mayImport: [] },
  { path: "src/local/", mayImport: ["src/core/"] },
  { path: "src/archive/", mayImport: ["src/core/"] },
  { path: "src/remote/", mayImport: ["src/core/"] },
  {
    path: "src/commands/steps/",
    mayImport: ["src/core/", "src/local/", "src/archive/", "src/remote/"],
  },
  { path: "src/commands/setup/", mayImport: ["src/core/"] },
  {
    path: "src/commands/setup.ts",
    mayImport: ["src/commands/setup/", "src/commands/steps/", "src/core/"],
  },
  {
    path: "src/commands/doctor/",
    mayImport: ["src/commands/steps/", "src/core/", "src/local/", "src/remote/"],
  },
  {
    path: "src/commands/doctor.ts",
    mayImport: ["src/commands/doctor/", "src/commands/steps/"],
  },
  {
    path: "src/commands/",
    mayImport: ["src/commands/steps/", "src/core/", "src/local/", "src/archive/", "src/remote/"],
  },
  { path: "src/cli/", mayImport: ["src/commands/", "src/core/"] },
];

/** Commands never import each other: their folder is no licence. */
const APART = "src/commands/";

/** Packages from npm by their names in `deno.json`, and the only file in `src` that may import each. */
const PACKAGES: Readonly<Record<string, string>> = {
  "@aws-sdk/client-s3": "src/remote/sdk.ts",
  "@aws-sdk/credential-provider-node": "src/remote/credentials.ts",
  "@smithy/core/config": "src/remote/credentials.ts",
  "@smithy/credential-provider-imds": "src/remote/credentials.ts",
  "@smithy/fetch-http-handler": "src/remote/s3_client.ts",
  "@std/fmt/colors": "src/cli/paint.ts",
  "@std/text/closest-string": "src/core/nearest.ts",
  "@std/text/levenshtein-distance": "src/core/nearest.ts",
  "log-update": "src/cli/progress.ts",
  "get-east-asian-width": "src/cli/paint.ts",
};

/** What of Deno's only `mod.ts` may touch, and `core`, which does no I/O, nothing at all. */
const ENTRY_ONLY = /\bDeno\.(args|env|exit|exitCode|addSignalListener|stdout|stderr|stdin)\b/;

/** The part of `deno info --json` that is read here. */
interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly specifier: string;
    readonly code?: { readonly specifier?: string };
    readonly type?: { readonly specifier?: string };
  }[];
}

const root = new URL("..", import.meta.url).href;

function isFile(module: Module): boolean {
  return module.specifier.startsWith(root);
}

function pathOf(specifier: string): string {
  return specifier.slice(root.length);
}

async function readModules(entry: string): Promise<Module[]> {
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: new URL(root),
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: Module[] };
  return modules.filter(isFile);
}

function checkImports(module: Module): string[] {
  const file = pathOf(module.specifier);
  const layer = LAYERS.find(({ path }) => file.startsWith(path));
  if (layer === undefined) return [`${file}: lies in no layer`];
  const problems: string[] = [];
  for (const { specifier, code, type } of module.dependencies ?? []) {
    const resolved = code?.specifier ?? type?.specifier ?? specifier;
    const problem = resolved.startsWith(root)
      ? checkFileImport(file, layer, pathOf(resolved))
      : checkPackageImport(file, specifier);
    if (problem !== undefined) problems.push(`${file}: ${problem}`);
  }
  return problems;
}

function checkFileImport(file: string, layer: Layer, imported: string): string | undefined {
  const own = layer.path === APART ? "" : layer.path;
  const allowed = own === "" ? layer.mayImport : [own, ...layer.mayImport];
  if (allowed.some((path) => imported.startsWith(path))) return undefined;
  return `must not import ${imported}, which is no way down from ${
    file.replace(/[^/]*$/, "") || "."
  }`;
}

function checkPackageImport(file: string, specifier: string): string | undefined {
  if (specifier.startsWith("node:")) {
    return file.startsWith("src/core/") ? `core does no I/O, but imports ${specifier}` : undefined;
  }
  const pinned = (manifest.imports as Readonly<Record<string, string>>)[specifier];
  if (pinned !== undefined) {
    return `imports ${specifier}, which only this repository's deno.json can resolve: write ${pinned}`;
  }
  const [name] = Object.entries(manifest.imports).find(([, pin]) => pin === specifier) ?? [];
  if (name === undefined) {
    return `imports ${specifier}, which deno.json has not, or in another version`;
  }
  const importer = PACKAGES[name];
  if (importer === undefined) return `imports ${specifier}, which is in no table of packages`;
  return file === importer ? undefined : `imports ${specifier}, which is for ${importer} alone`;
}

async function checkText(module: Module): Promise<string[]> {
  const file = pathOf(module.specifier);
  if (file === "mod.ts" || file.endsWith(".json")) return [];
  const text = await Deno.readTextFile(new URL(module.specifier));
  const problems: string[] = [];
  const entryOnly = ENTRY_ONLY.exec(text)?.[0];
  if (entryOnly !== undefined) problems.push(`${file}: ${entryOnly} is for mod.ts alone`);
  if (file.startsWith("src/core/") && /\bDeno\./.test(text)) {
    problems.push(`${file}: core does no I/O, but uses Deno`);
  }
  return problems;
}

async function* sourceFiles(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(folder, root))) {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory) yield* sourceFiles(`${path}/`);
    else if (path.endsWith(".ts")) yield path;
  }
}

/** The manual page is made from the sources, and is no part of the program. */
const modules = [...await readModules("mod.ts"), ...await readModules("scripts/man.ts")];
const problems: string[] = [];
for (const module of modules) {
  const path = pathOf(module.specifier);
  if (path.endsWith(".json") || path.startsWith("scripts/")) continue;
  problems.push(...checkImports(module), ...await checkText(module));
}
const reached = new Set(modules.map(({ specifier }) => pathOf(specifier)));
for await (const path of sourceFiles("src/")) {
  if (!reached.has(path)) problems.push(`${path}: nothing that mod.ts leads to imports it`);
}

if (problems.length > 0) {
  const lines = [...new Set(problems)].sort().join("\n");
  Deno.stderr.writeSync(new TextEncoder().encode(`${lines}\n`));
  Deno.exit(1);
}
Deno.stdout.writeSync(
  new TextEncoder().encode(`layers: ${reached.size} files, every import goes the right way\n`),
);
