/** The programs that FTL is compared with. */
import { compile } from "../build/compile.ts";
import { ownToolchain, toolchainFromNpm } from "../build/runtime.ts";
import { Unavailable } from "./case.ts";
import { findProgram } from "./programs.ts";

export interface Tools {
  readonly aws: string | undefined;
  readonly pigz: string | undefined;
  /**
   * An empty compiled Deno program, made when it is first asked for.
   * @param runtime the version of Deno that it is to have, as another one starts in another time
   * @throws Unavailable if it cannot be made
   */
  readonly empty: (runtime: string) => Promise<string>;
  /** The same of `floor/list.ts`. */
  readonly floorOfList: (runtime: string) => Promise<string>;
}

/** @param folder is kept for the next run: the empty program is in it */
export async function findTools(folder: string, say: (text: string) => void): Promise<Tools> {
  const [aws, pigz] = [await findProgram("aws"), await findProgram("pigz")];
  if (aws === undefined) say("the aws-cli is not installed: FTL is not compared with it");
  if (pigz === undefined) say("pigz is not installed: FTL is not compared with it");
  const list = Deno.readTextFileSync(new URL("floor/list.ts", import.meta.url));
  return {
    aws,
    pigz,
    empty: (runtime) => compiled({ name: "empty", text: "", runtime }, folder, say),
    floorOfList: (runtime) => compiled({ name: "list", text: list, runtime }, folder, say),
  };
}

async function compiled(
  { name, text, runtime }: { name: string; text: string; runtime: string },
  folder: string,
  say: (text: string) => void,
): Promise<string> {
  const path = `${folder}/${name}-${runtime}`;
  const entry = `${path}.ts`;
  try {
    Deno.statSync(path);
    if (Deno.readTextFileSync(entry) === text) return path;
  } catch {
    // It must be compiled.
  }
  Deno.mkdirSync(folder, { recursive: true });
  Deno.writeTextFileSync(entry, text);
  const target = Deno.build.arch;
  try {
    if (runtime === Deno.version.deno) {
      await compile(ownToolchain(), { entry, target, output: path });
      return path;
    }
  } catch {
    say("no base runtime from Deno's own server: that of npm may be of another version");
  }
  try {
    const toolchain = await toolchainFromNpm([target], `${folder}/runtime`);
    await compile(toolchain, { entry, target, output: path });
    return path;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Unavailable(`no ${name} program to compare with: ${reason}`);
  }
}
