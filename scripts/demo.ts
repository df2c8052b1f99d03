/**
 * `deno task demo`: does the main job from beginning to end, as a user would, on a local S3-compatible server
 * and with two folders as machines. It shows each command with its output. The exit code is not 0 if anything
 * is wrong.
 */
import { startS3Server } from "../tests/s3_server/server.ts";

const BUCKET = "deploys";
const [web1, web2] = ["web-1", "web-2"];
const LONG_NAME = `${"a-rather-long-file-name-".repeat(5)}.txt`;

function say(text = ""): void {
  const bytes = new TextEncoder().encode(`${text}\n`);
  for (let done = 0; done < bytes.length;) done += Deno.stdout.writeSync(bytes.subarray(done));
}

function title(text: string): void {
  say(`\n== ${text}\n`);
}

function expect(condition: boolean, what: string): void {
  if (condition) return;
  throw new Error(`not true: ${what}`);
}

const folder = Deno.makeTempDirSync({ prefix: "ftl-demo-" });
const server = await startS3Server({ folder: `${folder}/s3`, buckets: [BUCKET] });
try {
  await demo();
} finally {
  await server.close();
  Deno.removeSync(folder, { recursive: true });
}
// Idle connections are still open; there is no need to wait for them.
Deno.exit(0);

async function demo(): Promise<void> {
  const first = await deployFirst();
  const second = await deploySecond(first);

  title("What the two machines run now: the second revision, with the first one to go back to");
  for (const machine of [web1, web2]) checkMachine(machine, { first, second });
  for (const link of ["current", "previous"]) {
    await shell(`readlink ${web1}/my_site/${link} ${web2}/my_site/${link}`);
  }
  await ftl(["status"], web1);

  title("All is as it should be");
  say("Try it by hand: 'deno task s3' starts such a server and prints the variables to export.");
}

/** Spools the first revision, tries it on one machine, blesses it. Returns its name. */
async function deployFirst(): Promise<string> {
  title(
    "A package: a site with nested folders, a link, an executable, a long name, package scripts",
  );
  makeSite("1");
  await shell("tar -czf my_site.tgz -C my_site . && tar -tzf my_site.tgz");

  title("Two machines that want my_site: a folder in FTL_ROOT is all it takes");
  await shell(`mkdir -p ${web1}/my_site ${web2}/my_site`);

  title("The developer spools the file: a new revision lies in S3");
  const first = await ftl(["spool", "my_site.tgz", "-m", "first version"]);
  expect(/^my_site\.[0-9A-Za-z]{11}$/.test(first), "spool prints the revision's name");
  expect(await ftl(["list", "--master"]) === "my_site", "the bucket has the package");
  expect(await ftl(["list", "--master", "my_site"]) === first, "the bucket has the revision");

  title("Every machine syncs: the revision is there, complete, but not active yet");
  for (const machine of [web1, web2]) await ftl(["sync"], machine);
  expect(await ftl(["list", "my_site"], web1) === first, "web-1 has it, not active");

  title("One machine tries it out");
  await ftl(["jump", first], web1);
  await shell(`cat ${web1}/my_site/current/version.txt`);
  expect(await ftl(["list", "my_site"], web1) === `${first}\t(active)`, "it is active on web-1");

  title("It is good: blessed for all, and the next sync of every machine activates it");
  await ftl(["jump", "--master", first, "-m", "looks good"]);
  for (const machine of [web1, web2]) await ftl(["sync"], machine);
  expect(read(`${web2}/my_site/current/version.txt`) === "1\n", "web-2 runs version 1");
  return first;
}

/** Spools the second revision and blesses it at once. Returns its name. */
async function deploySecond(first: string): Promise<string> {
  title("A second revision: spooled, blessed at once, synced");
  makeSite("2");
  await shell("tar -czf my_site.tgz -C my_site .");
  const second = await ftl(["spool", "my_site.tgz"]);
  expect(second > first, "names sort by time");
  await ftl(["jump", "--master", second]);
  expect(
    await ftl(["list", "--master", "my_site"]) === `${first}\n${second}\t(active)`,
    "S3 has both, the second one is blessed",
  );
  for (const machine of [web1, web2]) await ftl(["sync"], machine);
  return second;
}

function makeSite(version: string): void {
  const site = `${folder}/my_site`;
  Deno.mkdirSync(`${site}/public/assets/img`, { recursive: true });
  Deno.mkdirSync(`${site}/bin`, { recursive: true });
  const write = (name: string, text: string, mode = 0o644): void => {
    Deno.writeTextFileSync(`${site}/${name}`, text);
    Deno.chmodSync(`${site}/${name}`, mode);
  };
  write("version.txt", `${version}\n`);
  write("public/index.html", `<h1>Version ${version}</h1>\n`);
  write(`public/assets/img/${LONG_NAME}`, "a long name\n");
  write("bin/serve", '#!/bin/sh\necho "serving"\n', 0o755);
  try {
    Deno.symlinkSync("public/index.html", `${site}/index.html`);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  write("post-sync.sh", '#!/bin/sh\necho "prepared in $PWD" | sed "s|$PWD|my_site|"\n', 0o755);
  write("pre-jump.sh", '#!/bin/sh\necho "checking $FTL_REVISION"\nbin/serve > /dev/null\n', 0o755);
  write("post-jump.sh", '#!/bin/sh\necho "restarting, was ${FTL_FROM_REVISION:-nothing}"\n', 0o755);
  write("un-jump.sh", '#!/bin/sh\necho "draining"\n', 0o755);
}

function checkMachine(machine: string, ids: { first: string; second: string }): void {
  const id = (revision: string): string => revision.slice("my_site.".length);
  const pkg = `${folder}/${machine}/my_site`;
  const current = Deno.readLinkSync(`${pkg}/current`);
  const previous = Deno.readLinkSync(`${pkg}/previous`);
  expect(current === `revs/${id(ids.second)}`, `${machine} runs the second revision`);
  expect(previous === `revs/${id(ids.first)}`, `${machine} can go back to the first`);
  expect(read(`${machine}/my_site/current/version.txt`) === "2\n", "its files are the new ones");
  expect(
    read(`${machine}/my_site/current/public/assets/img/${LONG_NAME}`) === "a long name\n",
    "a file name of more than 100 characters is whole",
  );
  const link = Deno.readLinkSync(`${pkg}/current/index.html`);
  expect(link === "public/index.html", "a symlink is a symlink");
  const { mode } = Deno.statSync(`${pkg}/current/bin/serve`);
  expect(((mode ?? 0) & 0o777) === 0o755, "an executable is executable");
  const left = [
    ...Deno.readDirSync(`${pkg}/.ftl/staging`),
    ...Deno.readDirSync(`${pkg}/.ftl/trash`),
  ];
  expect(left.length === 0, "nothing half done is left");
}

function read(path: string): string {
  return Deno.readTextFileSync(`${folder}/${path}`);
}

/** Runs `ftl` as the developer or on a machine, and shows it. Returns its stdout. */
async function ftl(args: string[], machine?: string): Promise<string> {
  const shown = args.map((arg) => /^[\w./-]+$/.test(arg) ? arg : `'${arg}'`).join(" ");
  const entry = new URL("../mod.ts", import.meta.url).pathname;
  return await run(`${machine ?? "dev"}$ ftl ${shown}`, {
    program: Deno.execPath(),
    args: ["run", "--quiet", "--allow-all", entry, ...args],
    env: {
      ...server.env(BUCKET),
      ...(machine === undefined ? {} : { FTL_ROOT: `${folder}/${machine}` }),
    },
  });
}

async function shell(command: string): Promise<string> {
  return await run(`$ ${command}`, { program: "/bin/sh", args: ["-c", command], env: {} });
}

interface RunOptions {
  readonly program: string;
  readonly args: string[];
  readonly env: Record<string, string>;
}

async function run(prompt: string, { program, args, env }: RunOptions): Promise<string> {
  say(prompt);
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args,
    env: { AWS_EC2_METADATA_DISABLED: "true", ...env },
    cwd: folder,
    stdin: "null",
  }).output();
  const [out = "", notes = ""] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  const indented = (text: string, mark: string): string =>
    text.replace(/\n$/, "").replace(/^/gm, mark);
  if (notes !== "") say(indented(notes, "  # "));
  if (out !== "") say(indented(out, "  "));
  expect(code === 0, `${prompt}: exit ${code}`);
  return out.replace(/\n$/, "");
}
