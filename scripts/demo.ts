/**
 * `deno task demo`: does the main job from beginning to end, as a user would, on a local S3-compatible server
 * and with three folders as machines: a first revision for all, a broken one that halts its own rollout, and the
 * mended one. It shows each command with its output. The exit code is not 0 if anything is wrong.
 */
import { startS3Server } from "../tests/s3_server/server.ts";

const BUCKET = "deploys";
const MACHINES = ["web-1", "web-2", "web-3"] as const;
type MachineName = typeof MACHINES[number];
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
  const first = await deploy();
  await rollOutBroken(first);
  const third = await deployMended();

  title("Every machine runs the new revision, and can go back to the first one");
  for (const machine of MACHINES) checkMachine(machine, { current: third, previous: first });
  await ftl(["fleet", "my_site"]);

  title("All is as it should be");
  say("Try it by hand: docs/getting-started.md tells how, under 'Without AWS'.");
}

/** Spools the first revision, tries it on one machine, blesses it for all. Returns its name. */
async function deploy(): Promise<string> {
  title("The developer spools a package: a new revision lies in S3");
  makeSite("1");
  await shell("tar -czf my_site.tgz -C my_site .");
  const first = await ftl(["spool", "my_site.tgz", "-m", "first version"]);
  expect(/^my_site\.[0-9A-Za-z]{11}$/.test(first), "spool prints the revision's name");

  title("Three machines want it: a folder says so. One syncs it and tries it out");
  await shell(`mkdir -p ${MACHINES.map((machine) => `${machine}/my_site`).join(" ")}`);
  await ftl(["sync"], "web-1");
  await ftl(["jump", first], "web-1");
  await shell("cat web-1/my_site/current/version.txt");
  expect(await ftl(["list", "my_site"], "web-1") === `${first}\t(active)`, "web-1 runs it");

  title("It is good: blessed for all. Every machine's next sync, from a timer, activates it");
  await ftl(["jump", "--master", first, "-m", "looks good"]);
  for (const machine of MACHINES) await ftl(["sync"], machine);
  for (const machine of MACHINES) expect(versionOn(machine) === "1", `${machine} runs version 1`);
  return first;
}

/** Rolls a revision out that is not healthy: the machine goes back, the rollout halts, a person ends it. */
async function rollOutBroken(first: string): Promise<void> {
  title("The next revision is broken, and nobody knows. One machine in three gets it first");
  makeSite("2", { isBroken: true });
  await shell("tar -czf my_site.tgz -C my_site .");
  const broken = await ftl(["spool", "my_site.tgz"]);
  await ftl(["jump", "--master", broken, "--percent", "33", "-m", "new login"]);

  title("Its health script says so: that machine goes back by itself, and the rollout halts");
  const codes: number[] = [];
  for (const machine of MACHINES) codes.push((await runFtl(["sync"], machine)).code);
  expect(codes.toSorted().join() === "0,0,6", "the sync of one machine says that it failed");
  for (const machine of MACHINES) expect(versionOn(machine) === "1", `${machine} runs version 1`);
  const { code, notes } = await runFtl(["fleet", "my_site", "--wait", "1m"]);
  expect(code === 6 && notes.includes("halted"), "the rollout has halted");

  title("The developer ends it: all stay on the blessed revision");
  await ftl(["jump-back", "--master", "my_site", "-m", "login is broken"]);
  expect(
    await ftl(["list", "--master", "my_site"]) === `${first}\t(active)\n${broken}`,
    "the first revision is blessed, and the broken one is not",
  );
}

/** Returns the name of the mended revision, which all machines run. */
async function deployMended(): Promise<string> {
  title("The mended revision is a small change of a folder: spooled, blessed, synced");
  makeSite("3");
  const third = await ftl(["spool", "my_site"]);
  await ftl(["jump", "--master", third]);
  for (const machine of MACHINES) await ftl(["sync"], machine);
  return third;
}

function makeSite(version: string, { isBroken = false } = {}): void {
  const site = `${folder}/my_site`;
  Deno.mkdirSync(`${site}/public/assets`, { recursive: true });
  Deno.mkdirSync(`${site}/bin`, { recursive: true });
  const write = (name: string, text: string, mode = 0o644): void => {
    Deno.writeTextFileSync(`${site}/${name}`, text);
    Deno.chmodSync(`${site}/${name}`, mode);
  };
  write("version.txt", `${version}\n`);
  write("public/index.html", `<h1>Version ${version}</h1>\n`);
  write(`public/assets/${LONG_NAME}`, "a long name\n");
  write("bin/serve", `#!/bin/sh\necho "${isBroken ? "error" : "serving"}"\n`, 0o755);
  try {
    Deno.symlinkSync("public/index.html", `${site}/index.html`);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  write("post-jump.sh", '#!/bin/sh\necho "restarting, was ${FTL_FROM_REVISION:-nothing}"\n', 0o755);
  // 100: it will never be healthy, so there is nothing to wait for.
  write(
    "health.sh",
    '#!/bin/sh\necho "it answers: $(bin/serve)"\n[ "$(bin/serve)" = serving ] || exit 100\n',
    0o755,
  );
}

/** What the machine runs. */
function versionOn(machine: MachineName): string {
  return read(`${machine}/my_site/current/version.txt`).trimEnd();
}

function checkMachine(
  machine: MachineName,
  revisions: { current: string; previous: string },
): void {
  const pkg = `${folder}/${machine}/my_site`;
  for (const [link, revision] of Object.entries(revisions)) {
    const id = revision.slice("my_site.".length);
    expect(Deno.readLinkSync(`${pkg}/${link}`) === `revs/${id}`, `${link} of ${machine}`);
  }
  expect(versionOn(machine) === "3", "its files are the new ones");
  expect(
    read(`${machine}/my_site/current/public/assets/${LONG_NAME}`) === "a long name\n",
    "a file name of more than 100 characters is whole",
  );
  const link = Deno.readLinkSync(`${pkg}/current/index.html`);
  expect(link === "public/index.html", "a symlink is a symlink");
  const { mode } = Deno.statSync(`${pkg}/current/bin/serve`);
  expect(((mode ?? 0) & 0o777) === 0o755, "an executable is executable");
  const left = ["staging", "trash"].flatMap((name) => [...Deno.readDirSync(`${pkg}/.ftl/${name}`)]);
  expect(left.length === 0, "nothing half done is left");
}

function read(path: string): string {
  return Deno.readTextFileSync(`${folder}/${path}`);
}

/** Runs `ftl` as the developer or on a machine, and shows it. Returns its stdout. */
async function ftl(args: string[], machine?: MachineName): Promise<string> {
  const { code, output } = await runFtl(args, machine);
  expect(code === 0, `ftl ${args.join(" ")}: exit ${code}`);
  return output;
}

/** As `ftl()`, but it may fail. */
async function runFtl(args: string[], machine?: MachineName): Promise<Ran> {
  const shown = args.map((arg) => /^[\w./-]+$/.test(arg) ? arg : `'${arg}'`).join(" ");
  const entry = new URL("../mod.ts", import.meta.url).pathname;
  const ran = await run(`${machine ?? "dev"}$ ftl ${shown}`, {
    program: Deno.execPath(),
    args: ["run", "--quiet", "--allow-all", entry, ...args],
    env: {
      ...server.env(BUCKET),
      ...(machine === undefined
        ? {}
        : { FTL_ROOT: `${folder}/${machine}`, FTL_MACHINE: machine, FTL_REPORT: "3600" }),
    },
    // Its columns are for people only if it prints to the terminal itself.
    isShownByItself: args[0] === "fleet" && Deno.stdout.isTerminal(),
  });
  if (ran.code !== 0) say(`  (exit ${ran.code})`);
  return ran;
}

async function shell(command: string): Promise<void> {
  const { code } = await run(`$ ${command}`, {
    program: "/bin/sh",
    args: ["-c", command],
    env: {},
  });
  expect(code === 0, `${command}: exit ${code}`);
}

interface RunOptions {
  readonly program: string;
  readonly args: string[];
  readonly env: Record<string, string>;
  /** Then its output is not known. */
  readonly isShownByItself?: boolean;
}

interface Ran {
  readonly code: number;
  readonly output: string;
  readonly notes: string;
}

async function run(
  prompt: string,
  { program, args, env, isShownByItself = false }: RunOptions,
): Promise<Ran> {
  say(prompt);
  const ran = await new Deno.Command(program, {
    args,
    env: { AWS_EC2_METADATA_DISABLED: "true", ...env },
    cwd: folder,
    stdin: "null",
    stdout: isShownByItself ? "inherit" : "piped",
  }).output();
  const { code } = ran;
  const [out = "", notes = ""] = [isShownByItself ? new Uint8Array() : ran.stdout, ran.stderr]
    .map((bytes) => new TextDecoder().decode(bytes));
  const indented = (text: string, mark: string): string =>
    text.replace(/\n$/, "").replace(/^/gm, mark);
  if (notes !== "") say(indented(notes, "  # "));
  if (out !== "") say(indented(out, "  "));
  return { code, output: out.replace(/\n$/, ""), notes };
}
