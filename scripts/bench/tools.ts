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
   * @throws Unavailable if it cannot be made
   */
  readonly empty: () => Promise<string>;
}

/** @param folder is kept for the next run: the empty program is in it */
export async function findTools(folder: string, say: (text: string) => void): Promise<Tools> {
  const [aws, pigz] = [await findProgram("aws"), await findProgram("pigz")];
  if (aws === undefined) say("the aws-cli is not installed: FTL is not compared with it");
  if (pigz === undefined) say("pigz is not installed: FTL is not compared with it");
  return { aws, pigz, empty: () => compileEmpty(folder, say) };
}

async function compileEmpty(folder: string, say: (text: string) => void): Promise<string> {
  const path = `${folder}/empty`;
  try {
    Deno.statSync(path);
    return path;
  } catch {
    // It must be compiled.
  }
  const entry = `${path}.ts`;
  Deno.mkdirSync(folder, { recursive: true });
  Deno.writeTextFileSync(entry, "");
  const target = Deno.build.arch;
  try {
    await compile(ownToolchain(), { entry, target, output: path });
    return path;
  } catch {
    say("no base runtime from Deno's own server: trying npm");
  }
  try {
    const toolchain = await toolchainFromNpm([target], `${folder}/runtime`);
    await compile(toolchain, { entry, target, output: path });
    return path;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Unavailable(`no empty program to compare with: ${reason}`);
  }
}
