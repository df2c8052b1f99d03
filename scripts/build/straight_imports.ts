/**
 * Lets the signing import from the files that define what it needs, not from those that export everything of
 * their package.
 *
 * esbuild leaves out what nobody uses, but by the whole program: the client for S3 uses most of these packages.
 * What a file that exports everything leads to would then come with the signing, which each sync loads.
 */
import type * as esbuild from "esbuild";

const SIGNING = /\/@smithy\/signature-v4\/dist-es\/[^/]+\.js$/;

export function straightImports(): esbuild.Plugin {
  return {
    name: "straight-imports",
    setup(build): void {
      build.onLoad({ filter: SIGNING }, async ({ path }) => {
        const text = Deno.readTextFileSync(path);
        const imports = [...text.matchAll(/^import \{([^}]*)\} from "(@smithy\/core\/[^"]+)";$/gm)];
        const straight = await Promise.all(imports.map(async ([, names = "", from = ""]) => {
          const lines = namesIn(names).map(async (name) => {
            const file = await definerOf(build, name, { from, importer: path });
            return `import { ${name} } from ${JSON.stringify(file)};`;
          });
          return (await Promise.all(lines)).join("");
        }));
        // A function, as in a text `$` has a meaning.
        const contents = imports.reduce((all, [line], i) => {
          return all.replace(line, () => straight[i] ?? line);
        }, text);
        return { contents, loader: "js" };
      });
    },
  };
}

/** The file that defines a name, behind all files that only pass it on. */
async function definerOf(
  build: esbuild.PluginBuild,
  name: string,
  { from, importer }: { from: string; importer: string },
): Promise<string> {
  const { path, errors } = await build.resolve(from, {
    kind: "import-statement",
    importer,
    resolveDir: importer.slice(0, importer.lastIndexOf("/")),
  });
  if (errors.length > 0) throw new Error(`${importer} imports ${from}, which is not there`);
  const text = Deno.readTextFileSync(path);
  // What is imported and exported in two lines is passed on, too.
  const passedOn = text.matchAll(/^(?:export|import) \{([^}]*)\} from "([^"]+)";$/gm);
  for (const [, names = "", next = ""] of passedOn) {
    if (namesIn(names).includes(name)) {
      return await definerOf(build, name, { from: next, importer: path });
    }
  }
  return path;
}

function namesIn(list: string): string[] {
  return list.split(",").map((name) => name.trim()).filter((name) => name !== "");
}
