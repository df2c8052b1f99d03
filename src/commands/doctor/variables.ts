/** Each variable by itself: whether it is there where it must be, and can be what it should. */
import type { Config } from "../../core/config.ts";
import { UsageError } from "../../core/errors.ts";
import { quote } from "../../core/names.ts";
import { type Check, fail, finding, info, ok, warn } from "./check.ts";

const SETTINGS: readonly (readonly [name: string, read: (config: Config) => string | number])[] = [
  ["FTL_BUCKET", (config) => config.bucket],
  ["FTL_ROOT", (config) => config.root],
  ["FTL_KEEP", (config) => config.keep],
  ["FTL_LOCK_WAIT", (config) => config.lockWait],
  ["FTL_HOOK_TIMEOUT", (config) => config.hookTimeout],
  ["FTL_CONCURRENCY", (config) => config.concurrency],
];

/** What FTL tells its package scripts: there where `ftl doctor` is run by one. */
const OF_SCRIPTS =
  /^FTL_(HOOK|PACKAGE|REVISION|REVISION_DIR|FROM_REVISION|TO_REVISION|CURRENT|ACTION|FIRST_DEPLOY)$/;

export async function checkVariables(config: Config): Promise<Check[]> {
  const checks: Check[] = [];
  for (const [name, read] of SETTINGS) {
    if (!config.env[name] && name !== "FTL_BUCKET") {
      if (name === "FTL_ROOT") checks.push(noRoot());
      continue;
    }
    checks.push(...await finding(name, () => [ok(name, String(read(config)))]));
  }
  return [...checks, ...unknownVariables(config), ...awsVariables(config)];
}

function noRoot(): Check {
  return info(
    "FTL_ROOT",
    "not set: packages on this machine are not checked",
    "Where packages are to run: export FTL_ROOT=<the deployment folder>, as in /srv/ftl",
  );
}

/** A misspelt name would be ignored in silence. */
function unknownVariables({ env }: Config): Check[] {
  const known = new Set(SETTINGS.map(([name]) => name));
  return Object.keys(env)
    .filter((name) => /^FTL_/.test(name) && !/^FTL_TEST_/.test(name))
    .filter((name) => !known.has(name) && !OF_SCRIPTS.test(name))
    .sort()
    .map((name) =>
      warn(name, "set, but FTL knows no such variable", `It knows ${[...known].join(", ")}`)
    );
}

const AWS_TEXTS = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_PROFILE",
  "AWS_REGION",
  "AWS_DEFAULT_REGION",
  "AWS_ENDPOINT_URL_S3",
  "AWS_ENDPOINT_URL",
];

function awsVariables({ env }: Config): Check[] {
  const problems: Check[] = [];
  const problem = (name: string, text: string, hint: string): void => {
    problems.push(fail(name, new UsageError(text, { hint })));
  };
  for (const name of AWS_TEXTS) {
    if (/^["'\s]|["'\s]$/.test(env[name] ?? "")) {
      const text = `${name} has a quote or white space at an end, which counts as part of it`;
      problem(
        name,
        text,
        "Set it again without: files of variables are not always read by a shell",
      );
    }
  }
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = env;
  if (Boolean(id) !== Boolean(secret)) {
    const [there, missing] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].toSorted((a) =>
      env[a] ? -1 : 1
    );
    problem(`${missing}`, `${missing} is not set, though ${there} is`, "Set both, or neither");
  }
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
  if (id?.startsWith("ASIA") && !token) {
    const text = "AWS_SESSION_TOKEN is not set, though AWS_ACCESS_KEY_ID is of a session";
    problem("AWS_SESSION_TOKEN", text, "Set all three variables of the session");
  }
  for (const name of ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]) {
    const value = env[name];
    if (value && !/^https?:$/.test(URL.parse(value)?.protocol ?? "")) {
      problem(name, `${name} is no URL: ${quote(value)}`, "As in https://s3.example.com");
    }
  }
  return env["AWS_PROFILE"] && id ? [...problems, profileWins(env["AWS_PROFILE"])] : problems;
}

function profileWins(profile: string): Check {
  return warn(
    "AWS_PROFILE",
    `${quote(profile)} is used, and AWS_ACCESS_KEY_ID is not`,
    "Unset the one that is not meant",
  );
}
