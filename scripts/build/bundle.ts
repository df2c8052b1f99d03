/**
 * Bundles `mod.ts` and all its imports into a few files of plain JavaScript. A lazy import stays in a file of
 * its own, so that a command that does not need it never parses it.
 *
 * The npm packages are those of `deno.lock`: Deno installs them into a folder, and esbuild takes them from
 * there. ES modules are preferred to CommonJS, from which esbuild cannot remove unused code.
 */
import * as esbuild from "esbuild";
import { BUILT_IN, gathered } from "./chunks.ts";
import { withoutFacades } from "./facades.ts";
import { importsToAdd } from "./merge.ts";
import { run } from "./process.ts";
import { requireSmallStarts } from "./start_size.ts";
import { straightened, straightImports } from "./straight_imports.ts";

export interface BundleOptions {
  /** The repository's folder. */
  readonly root: string;
  /** Emptied, and then used for the files of the bundling. */
  readonly folder: string;
  /** The commit of the source, for `ftl --version`; undefined outside of a repository. */
  readonly commit: string | undefined;
}

/** The parts of `deno.json` that this file reads. */
interface Manifest {
  readonly version: string;
  readonly imports: Readonly<Record<string, string>>;
}

/** Bundles. Returns the entry's path. Throws an Error if a start would parse too much. */
export async function bundle({ root, folder, commit }: BundleOptions): Promise<string> {
  Deno.mkdirSync(folder, { recursive: true });
  Deno.removeSync(folder, { recursive: true });
  Deno.mkdirSync(`${folder}/js`, { recursive: true });
  const manifest = JSON.parse(Deno.readTextFileSync(`${root}/deno.json`)) as Manifest;
  await installPackages(root, folder);
  try {
    const options = {
      absWorkingDir: root,
      entryPoints: [ENTRY],
      outdir: `${folder}/js`,
      entryNames: "ftl",
      chunkNames: "[name]-[hash]",
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      target: "esnext",
      mainFields: ["module", "main"],
      minify: true,
      legalComments: "none",
      logLevel: "warning",
      nodePaths: [`${folder}/npm/node_modules`],
      metafile: true,
      write: false,
      // A package without side effects comes with the first module that uses it, see chunks.ts.
      logOverride: { "ignored-bare-import": "silent" },
    } as const satisfies esbuild.BuildOptions;
    const plugins = [
      npmSpecifiers(),
      builtIns(),
      manifestPlugin({ version: manifest.version, commit }),
      commandLineOnly(root),
      plainSchemas(),
      straightImports(),
    ];
    const { metafile } = await esbuild.build({ ...options, plugins });
    const sizes = sizesIn(metafile.outputs);
    const more = importsToAdd(metafile.inputs, { entry: ENTRY, sizes, weights: WEIGHTS });
    // The first plugin that knows a file gives its text.
    plugins.unshift(gathered(more, { root, entry: ENTRY, read: straightened }));
    const { outputFiles, metafile: { outputs } } = await esbuild.build({ ...options, plugins });
    requireSmallStarts(outputs);
    writeFiles(outputFiles, `${folder}/js`);
  } finally {
    await esbuild.stop();
  }
  return `${folder}/js/ftl.js`;
}

const ENTRY = "mod.ts";

function writeFiles(outputs: readonly esbuild.OutputFile[], folder: string): void {
  const files = outputs.map(({ path, text }) => ({
    name: path.slice(path.lastIndexOf("/") + 1),
    text,
  }));
  for (const { name, text } of withoutFacades(files)) {
    Deno.writeTextFileSync(`${folder}/${name}`, withRequire(text));
  }
}

/** Who starts often: each machine syncs each minute, and a person who looks waits. */
const WEIGHTS: ReadonlyMap<string, number> = new Map([
  ["src/cli/run_command.ts", 20],
  ["src/cli/actions/sync.ts", 20],
  ["src/bucket/s3/s3_bucket.ts", 20],
  ["src/cli/actions/list.ts", 40],
  ["src/cli/actions/jump.ts", 5],
  ["src/cli/actions/status.ts", 5],
]);

/** The bytes of each module in the program. */
function sizesIn(outputs: esbuild.Metafile["outputs"]): Map<string, number> {
  return new Map(
    Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs))
      .map(([path, { bytesInOutput }]) => [path, bytesInOutput]),
  );
}

/** CommonJS packages load built-in modules with `require`, which an ES module must make first. */
function withRequire(text: string): string {
  return /\brequire\b/.test(text) ? `${REQUIRE}\n${text}` : text;
}

const REQUIRE =
  'const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);';

async function installPackages(root: string, folder: string): Promise<void> {
  const npm = `${folder}/npm`;
  Deno.mkdirSync(npm);
  const manifest = JSON.parse(Deno.readTextFileSync(`${root}/deno.json`)) as Manifest;
  Deno.writeTextFileSync(
    `${npm}/deno.json`,
    JSON.stringify({ imports: manifest.imports, nodeModulesDir: "auto" }),
  );
  Deno.copyFileSync(`${root}/deno.lock`, `${npm}/deno.lock`);
  await run([Deno.execPath(), "install", "--quiet", "--frozen"], { cwd: npm });
}

/** Resolves `npm:name@version/path` to the installed `name/path`. Deno has checked the version. */
function npmSpecifiers(): esbuild.Plugin {
  return {
    name: "npm-specifiers",
    setup(build): void {
      build.onResolve({ filter: /^npm:/ }, ({ path, importer, kind, resolveDir }) => {
        const [, name, inside = ""] = /^npm:((?:@[^/]+\/)?[^@/]+)@[^/]+(\/.*)?$/.exec(path) ?? [];
        if (name === undefined) return { errors: [{ text: `${path} has no version` }] };
        return build.resolve(name + inside, { importer, kind, resolveDir });
      });
    },
  };
}

/**
 * Takes the runtime's own modules by a call. If they were imported, each later lazy import would walk through all the
 * files that they are made of in the runtime, which takes longer than to load what is meant.
 */
function builtIns(): esbuild.Plugin {
  return {
    name: "built-ins",
    setup(build): void {
      build.onResolve({ filter: /^node:/ }, ({ path, kind }) => {
        if (kind === "dynamic-import") return undefined;
        return { path, namespace: BUILT_IN, sideEffects: false };
      });
      build.onLoad({ filter: /.*/, namespace: BUILT_IN }, ({ path }) => ({
        contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
        loader: "js",
      }));
    },
  };
}

/** Replaces `deno.json` by the facts that the program needs. */
function manifestPlugin(contents: { version: string; commit: string | undefined }): esbuild.Plugin {
  return {
    name: "manifest",
    setup(build): void {
      build.onLoad({ filter: /\/deno\.json$/ }, () => ({
        contents: JSON.stringify(contents),
        loader: "json",
      }));
    },
  };
}

/** Leaves out the exports of `mod.ts` that only programs use: every command would parse them. */
function commandLineOnly(root: string): esbuild.Plugin {
  return {
    name: "command-line-only",
    setup(build): void {
      build.onLoad({ filter: /\/mod\.ts$/ }, ({ path }) => {
        if (path !== `${root}/mod.ts`) return null;
        const exported = /^export (type )?(\{[^}]*\}|\*) from "[^"]+";$/gm;
        return { contents: Deno.readTextFileSync(path).replace(exported, ""), loader: "ts" };
      });
    },
  };
}

/**
 * Writes the names in the SDK's tables of S3's forms out: `{ "XmlName": ... }` for `{ [_xN]: ... }`. esbuild cannot
 * know that such a name does nothing, and keeps every form of S3, which each command that loads the client would
 * parse. Fails the build if the tables are not there, or not of that kind any more.
 */
function plainSchemas(): esbuild.Plugin {
  return {
    name: "plain-schemas",
    setup(build): void {
      let isDone = false;
      build.onLoad({ filter: /\/client-s3\/dist-es\/schemas\/schemas_0\.js$/ }, ({ path }) => {
        const text = Deno.readTextFileSync(path);
        const names = new Map([...text.matchAll(/^const (\w+) = ("[^"\\]*");$/gm)]
          .map(([, name = "", value = ""]) => [name, value]));
        const contents = text.replace(/\[(\w+)\]:/g, (key, name) => {
          const value = names.get(name);
          return value === undefined ? key : `${value}:`;
        });
        isDone = contents !== text;
        return { contents, loader: "js" };
      });
      build.onEnd(() => {
        if (!isDone) {
          throw new Error("the SDK's tables of S3's forms are not as plainSchemas() expects");
        }
      });
    },
  };
}
