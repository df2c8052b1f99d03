/**
 * Lets the files of the SDK import from the files that define what they need, not from those that export
 * everything of their package.
 *
 * esbuild leaves out what nobody uses, but by the whole program: the client for S3 uses most of these packages.
 * What a file that exports everything leads to would then come with the little that signs requests, which
 * each sync loads, or with the credentials of an instance.
 */
import type * as esbuild from "esbuild";

/** ES modules of the SDK. */
const FILES = /\/@(smithy|aws-sdk)\/[^/]+\/dist-es\/.*\.js$/;
const IMPORT = /^import \{([^}]*)\} from "(@(?:smithy|aws-sdk)\/[^"]+)";$/gm;
/** The same in whatever form. */
const ANY_IMPORT = /^[ \t]*import\b[^"'(;]*["']@(?:smithy|aws-sdk)\/[^"']+["']/gm;
/** What is imported and exported in two lines is passed on, too. */
const PASSED_ON = /^(?:export|import) \{([^}]*)\} from "([^"]+)";$/gm;

/**
 * Fails the build if the SDK is written in another form than the patterns here expect: no error would show that, as the
 * program would only be larger.
 */
export function straightImports(): esbuild.Plugin {
  return {
    name: "straight-imports",
    setup(build): void {
      let passed = 0;
      build.onLoad({ filter: FILES }, async ({ path }) => {
        return { contents: await straightened(build, path, () => passed++), loader: "js" };
      });
      build.onEnd(({ errors }) => {
        if (passed > 0 || errors.length > 0) return;
        throw new Error(
          "straightImports() has found no import of the SDK that leads through a file which only passes it on: " +
            "the SDK's files are not where, or not what, it expects",
        );
      });
    },
  };
}

/**
 * The text of a file, with straight imports if it is one of the SDK. Throws an Error if it imports from the SDK in a
 * form that is not known here.
 *
 * @param onPassed called for each name that is imported past a file which only passes it on
 */
export async function straightened(
  build: esbuild.PluginBuild,
  path: string,
  onPassed: () => void = () => {},
): Promise<string> {
  const text = Deno.readTextFileSync(path);
  if (!FILES.test(path)) return text;
  const imports = [...text.matchAll(IMPORT)];
  const others = [...text.matchAll(ANY_IMPORT)].length - imports.length;
  if (others !== 0) {
    throw new Error(`${path} imports from the SDK in a form that straightImports() does not know`);
  }
  const straight = await Promise.all(imports.map(async ([, names = "", from = ""]) => {
    const lines = namesIn(names).map(async (name) => {
      const { file, isPassed } = await definerOf(build, nameOf(name), { from, importer: path });
      if (isPassed) onPassed();
      return `import { ${name} } from ${JSON.stringify(file)};`;
    });
    return (await Promise.all(lines)).join("");
  }));
  // By a function, as `$` has a meaning in a text.
  return imports.reduce((all, [line], i) => all.replace(line, () => straight[i] ?? line), text);
}

/**
 * The file that defines a name, behind all files that only pass it on. What its package declares to have side
 * effects is not passed by.
 */
async function definerOf(
  build: esbuild.PluginBuild,
  name: string,
  { from, importer }: { from: string; importer: string },
): Promise<{ readonly file: string; readonly isPassed: boolean }> {
  const { path, errors, sideEffects } = await build.resolve(from, {
    kind: "import-statement",
    importer,
    resolveDir: importer.slice(0, importer.lastIndexOf("/")),
  });
  if (errors.length > 0) throw new Error(`${importer} imports ${from}, which is not there`);
  const here = { file: path, isPassed: false };
  if (sideEffects) return here;
  for (const [, names = "", next = ""] of Deno.readTextFileSync(path).matchAll(PASSED_ON)) {
    if (!next.startsWith("node:") && namesIn(names).includes(name)) {
      const { file } = await definerOf(build, name, { from: next, importer: path });
      return { file, isPassed: true };
    }
  }
  return here;
}

function namesIn(list: string): string[] {
  return list.split(",").map((name) => name.trim()).filter((name) => name !== "");
}

/** The name under which a module exports what is imported: `a` of `a as b`. */
function nameOf(imported: string): string {
  return imported.replace(/\s+as\s.*$/, "");
}
