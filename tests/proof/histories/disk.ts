/** Looks at a machine's folder as a person would. */

export function toggle(path: string): void {
  if (textIn(path) === undefined) Deno.writeTextFileSync(path, "a person is here\n");
  else Deno.removeSync(path);
}

export function textIn(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

export function linkIn(folder: string, name: string): string | undefined {
  try {
    return Deno.readLinkSync(`${folder}/${name}`).replace("revs/", "");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

export function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
