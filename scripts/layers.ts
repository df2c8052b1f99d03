/**
 * Checks that imports only go down, as docs/architecture.md says. It is part of `deno task ok`:
 *
 *     mod.ts -> cli -> commands -> (catalog, transfer, machine) -> (bucket, archive, trust) -> plan -> revision -> root files
 *
 * It also checks that:
 * - every file in `src` can be reached from `mod.ts`;
 * - only the file in the table below imports a package from npm, with the version that other projects need;
 * - only `src/cli/process.ts` touches arguments, environment, exit and signals;
 * - the S3 server of the tests, and the model that judges histories, use nothing of `src`, and the server names the
 *   versions of its packages.
 *
 * It is long because of its tables.
 */
import manifest from "../deno.json" with { type: "json" };

interface Room {
  /** Every path that begins with this lies in the room. */
  readonly path: string;
  /** The rooms that its files may import, besides their own room. */
  readonly mayImport: readonly string[];
}

/** Files that every room may use. */
const ROOT_FILES = [
  "config",
  "context",
  "disk_errors",
  "errors",
  "events",
  "fault_point",
  "foreign_text",
  "garbage",
  "machine_name",
  "nearest",
].map((name) => `src/${name}.ts`);
/** What errors and events name. They import only the types. */
const NAMED = ["names", "scripts", "blessing_verdict"];
const EVERYWHERE = [...ROOT_FILES, "src/concurrency/"];
const DECISIONS = [...EVERYWHERE, "src/revision/", "src/plan/"];
const STORES = [...DECISIONS, "src/bucket/", "src/archive/", "src/trust/"];

/** A file's room is the first entry that matches. */
const ROOMS: readonly Room[] = [
  {
    path: "mod.ts",
    mayImport: [
      "src/cli/process.ts",
      "src/commands/",
      "src/catalog/",
      "src/machine/",
      ...DECISIONS,
      "src/bucket/aws/certificates.ts",
      "src/bucket/s3/s3_bucket.ts",
      "deno.json",
    ],
  },
  {
    path: "src/cli/process.ts",
    // Things that must be settled before any command runs.
    mayImport: ["src/cli/", "src/bucket/aws/", ...DECISIONS, "deno.json"],
  },
  // Each request says of which version it is.
  { path: "src/bucket/s3/user_agent.ts", mayImport: ["deno.json"] },
  // A context opens the bucket, so it knows the bucket's contract.
  { path: "src/context.ts", mayImport: [...ROOT_FILES, "src/bucket/bucket.ts"] },
  ...["src/errors.ts", "src/events.ts"].map((path) => ({
    path,
    mayImport: [...ROOT_FILES, ...NAMED.map((name) => `src/revision/${name}.ts`)],
  })),
  ...ROOT_FILES.map((path) => ({ path, mayImport: ROOT_FILES })),
  { path: "src/concurrency/", mayImport: ROOT_FILES },
  { path: "src/revision/", mayImport: EVERYWHERE },
  { path: "src/plan/", mayImport: [...EVERYWHERE, "src/revision/"] },
  // `s3/` finds its credentials by `aws/`, which does not know S3.
  { path: "src/bucket/aws/", mayImport: DECISIONS },
  {
    path: "src/bucket/s3/",
    mayImport: [...DECISIONS, "src/bucket/bucket.ts", "src/bucket/aws/"],
  },
  { path: "src/bucket/", mayImport: DECISIONS },
  { path: "src/archive/", mayImport: DECISIONS },
  { path: "src/trust/", mayImport: [...EVERYWHERE, "src/revision/"] },
  { path: "src/catalog/", mayImport: STORES },
  { path: "src/transfer/", mayImport: STORES },
  { path: "src/machine/", mayImport: STORES },
  { path: "src/cli/", mayImport: ["src/commands/", ...DECISIONS] },
];

/** Each command is a room of its own: a file, or a folder. */
const COMMANDS = "src/commands/";
const BELOW_COMMANDS = [...STORES, "src/catalog/", "src/transfer/", "src/machine/"];

function roomOf(file: string): Room | undefined {
  if (!file.startsWith(COMMANDS)) return ROOMS.find(({ path }) => file.startsWith(path));
  const [name = ""] = file.slice(COMMANDS.length).split("/");
  const path = name.endsWith(".ts") ? file : `${COMMANDS}${name}/`;
  return { path, mayImport: BELOW_COMMANDS };
}

/** Rooms that do no I/O. */
const PURE = [...ROOT_FILES, "src/revision/", "src/plan/", "src/trust/"];
/** Does I/O for a pure room. */
const NOT_PURE = "src/trust/io/";

/** npm packages by their names in `deno.json`, each with the only file in `src` that may import it. */
const PACKAGES: Readonly<Record<string, string>> = {
  "@aws-sdk/client-s3": "src/bucket/s3/sdk.ts",
  "@aws-sdk/credential-provider-node": "src/bucket/aws/credential_chain.ts",
  "@aws-sdk/xml-builder": "src/bucket/s3/light/documents.ts",
  "@smithy/core/config": "src/bucket/aws/credential_chain.ts",
  "@smithy/credential-provider-imds": "src/bucket/aws/credentials.ts",
  "@smithy/fetch-http-handler": "src/bucket/s3/handlers.ts",
  "@smithy/signature-v4": "src/bucket/s3/light/signing.ts",
  "@std/text/closest-string": "src/nearest.ts",
  "@std/text/levenshtein-distance": "src/nearest.ts",
  "ignore": "src/archive/pack/excludes.ts",
  "log-update": "src/cli/terminal/progress.ts",
  "get-east-asian-width": "src/cli/terminal/width.ts",
};

/** Only these files may touch the parts of Deno in `ENTRY_ONLY`. */
const ENTRIES = ["mod.ts", "src/cli/process.ts"];
const ENTRY_ONLY = /\bDeno\.(args|env|exit|exitCode|addSignalListener|stdout|stderr|stdin)\b/;

/** A part of `deno info --json`. */
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
  const room = roomOf(file);
  if (room === undefined) return [`${file}: is in no room`];
  const problems: string[] = [];
  for (const { specifier, code, type } of module.dependencies ?? []) {
    const resolved = code?.specifier ?? type?.specifier ?? specifier;
    const problem = resolved.startsWith(root)
      ? checkFileImport(room, pathOf(resolved))
      : checkPackageImport(file, specifier);
    if (problem !== undefined) problems.push(`${file}: ${problem}`);
  }
  return problems;
}

function checkFileImport(room: Room, imported: string): string | undefined {
  if ([room.path, ...room.mayImport].some((path) => imported.startsWith(path))) return undefined;
  return `must not import ${imported}, which is not below ${room.path}`;
}

function checkPackageImport(file: string, specifier: string): string | undefined {
  if (specifier.startsWith("node:")) {
    // A hash is a computation, not I/O.
    return isPure(file) && specifier !== "node:crypto"
      ? `does no I/O, but imports ${specifier}`
      : undefined;
  }
  const pinned = (manifest.imports as Readonly<Record<string, string>>)[specifier];
  if (pinned !== undefined) {
    return `imports ${specifier}, which only this repository's deno.json can resolve: write ${pinned}`;
  }
  const name = pinNamed(specifier);
  if (name === undefined) {
    return `imports ${specifier}, which deno.json does not have, or has in another version`;
  }
  const importer = PACKAGES[name];
  if (importer === undefined) {
    return `imports ${specifier}, which is missing in the table of packages`;
  }
  return file === importer ? undefined : `imports ${specifier}, which only ${importer} may import`;
}

async function checkText(module: Module): Promise<string[]> {
  const file = pathOf(module.specifier);
  if (ENTRIES.includes(file) || file.endsWith(".json")) return [];
  const text = await Deno.readTextFile(new URL(module.specifier));
  const problems: string[] = [];
  const entryOnly = ENTRY_ONLY.exec(text)?.[0];
  if (entryOnly !== undefined) {
    problems.push(`${file}: only ${ENTRIES.join(" and ")} may use ${entryOnly}`);
  }
  if (isPure(file) && /\bDeno\./.test(text)) {
    problems.push(`${file}: does no I/O, but uses Deno`);
  }
  return problems;
}

function isPure(file: string): boolean {
  return PURE.some((path) => file.startsWith(path)) && !file.startsWith(NOT_PURE);
}

/**
 * Both judge FTL. Other projects can use the server, so that it does not need FTL's `deno.json` either; the model uses
 * nothing but itself.
 */
const JUDGES: Readonly<Record<string, string>> = {
  "tests/s3_server/main.ts": "tests/",
  "tests/proof/histories/model/sync.ts": "tests/proof/histories/model/",
};

async function checkJudge(entry: string, room: string): Promise<string[]> {
  const modules = await readModules(entry);
  return modules.flatMap(({ specifier, dependencies = [] }) => {
    const path = pathOf(specifier);
    if (!path.startsWith(room)) return [`${entry}: must not lead to ${path}`];
    return dependencies.map((one) => one.specifier).filter((name) => !/^(\.|node:)/.test(name))
      .filter((name) => pinNamed(name) === undefined)
      .map((name) => `${path}: imports ${name}, which is no pin of deno.json`);
  });
}

/** The name in `deno.json` that stands for a package with its version. Undefined if there is none. */
function pinNamed(specifier: string): string | undefined {
  return Object.entries(manifest.imports).find(([, pin]) => pin === specifier)?.[0];
}

async function* sourceFiles(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(folder, root))) {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory) yield* sourceFiles(`${path}/`);
    else if (path.endsWith(".ts")) yield path;
  }
}

const modules = await readModules("mod.ts");
const judges = await Promise.all(
  Object.entries(JUDGES).map(([entry, room]) => checkJudge(entry, room)),
);
const problems = judges.flat();
for (const module of modules) {
  const path = pathOf(module.specifier);
  if (path.endsWith(".json")) continue;
  problems.push(...checkImports(module), ...await checkText(module));
}
const reached = new Set(modules.map(({ specifier }) => pathOf(specifier)));
for await (const path of sourceFiles("src/")) {
  if (!reached.has(path)) problems.push(`${path}: nothing imports it that mod.ts leads to`);
}

if (problems.length > 0) {
  const lines = [...new Set(problems)].sort().join("\n");
  Deno.stderr.writeSync(new TextEncoder().encode(`${lines}\n`));
  Deno.exit(1);
}
Deno.stdout.writeSync(
  new TextEncoder().encode(`layers: ${reached.size} files, every import goes the right way\n`),
);
