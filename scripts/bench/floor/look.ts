/** `look.ts FOLDER`: looks at each file below a folder once, and does nothing else. */
function look(folder: string): void {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    Deno.lstatSync(path);
    if (isDirectory) look(path);
  }
}

look(Deno.args[0] ?? ".");
