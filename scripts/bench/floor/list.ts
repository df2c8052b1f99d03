/** `list.ts PACKAGE` with FTL_ROOT: what a list of a package's revisions asks of the runtime, and nothing else. */
const environment = Deno.env.toObject();
for (const name of ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP"] as const) {
  Deno.addSignalListener(name, () => Deno.exit(1));
}
for (const name of ["write", "run", "net", "env", "sys"] as const) {
  Deno.permissions.revokeSync({ name });
}
const folder = `${environment["FTL_ROOT"]}/${Deno.args[0]}`;
Deno.lstatSync(folder);
const active = activeRevision();
const lines = [...Deno.readDirSync(`${folder}/revs`)].map(({ name }) => name).sort().map((id) => {
  const { size } = JSON.parse(Deno.readTextFileSync(`${folder}/.ftl/state/${id}.json`));
  return `${Deno.args[0]}.${id}\t${id === active ? "(active)" : size}\n`;
});
Deno.stdout.writeSync(new TextEncoder().encode(lines.join("")));

function activeRevision(): string | undefined {
  try {
    return Deno.readLinkSync(`${folder}/current`).replace("revs/", "");
  } catch {
    return undefined;
  }
}
