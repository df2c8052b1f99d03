/** Checks each variable by itself: whether it is set if it must be, and whether its value is valid. */
import { awsProblems } from "../../bucket/aws/settings.ts";
import { type Config, type SettingName, SETTINGS } from "../../config.ts";
import { UsageError } from "../../errors.ts";
import { proxyFor } from "../../bucket/aws/proxy.ts";
import { type Check, fail, finding, info, ok, warn } from "./check.ts";
import { quote } from "../../foreign_text.ts";
import { SCRIPT_VARIABLES } from "../../revision/scripts.ts";

const NAMES = Object.keys(SETTINGS) as readonly SettingName[];

export async function checkVariables(config: Config): Promise<Check[]> {
  const checks: Check[] = [];
  for (const name of NAMES) {
    const isAsked = name === "FTL_TRUST" && config.env[name] !== undefined;
    if (!config.env[name] && name !== "FTL_BUCKET" && !isAsked) {
      if (name === "FTL_ROOT") checks.push(noRoot());
      continue;
    }
    checks.push(...await finding(name, () => [describe(name, config)]));
  }
  return [...checks, ...unknownVariables(config), ...awsVariables(config)];
}

/** Without `FTL_TRUST` nothing reads these. What signs needs the bucket's name, too. */
const OF_TRUST: readonly SettingName[] = [
  "FTL_TRUST_THRESHOLD",
  "FTL_TRUST_SINCE",
  "FTL_TRUST_MAX_AGE",
  "FTL_TRUST_BUCKET",
];

function describe(name: SettingName, config: Config): Check {
  const value = String(config.read(name));
  const isNeeded = name === "FTL_TRUST_BUCKET" && config.signKey !== undefined;
  if (OF_TRUST.includes(name) && !config.env["FTL_TRUST"] && !isNeeded) {
    const hint = `Set FTL_TRUST to who may sign, or unset ${name}`;
    return warn(name, `${value}, which does nothing: FTL_TRUST is not set`, hint);
  }
  if (name !== "FTL_NOTIFY" || isProgram(value)) return ok(name, value);
  const hint = `No one is told of changes: chmod +x ${value}, or unset FTL_NOTIFY`;
  return warn(name, `${value} is no file that can be run`, hint);
}

export function isProgram(path: string): boolean {
  try {
    const { isFile, mode } = Deno.statSync(path);
    return isFile && ((mode ?? 0) & 0o111) !== 0;
  } catch {
    return false;
  }
}

function noRoot(): Check {
  return info(
    "FTL_ROOT",
    "not set: packages on this machine are not checked",
    "If packages are to run here: export FTL_ROOT=<the deployment folder>, as in /srv/ftl",
  );
}

/** Otherwise a misspelt name would be ignored silently. */
function unknownVariables({ env }: Config): Check[] {
  const known = new Set<string>(NAMES);
  return Object.keys(env)
    .filter((name) => /^FTL_/.test(name) && !/^FTL_TEST_/.test(name))
    .filter((name) => !known.has(name) && !(name in SCRIPT_VARIABLES))
    .sort()
    .map((name) =>
      warn(name, "is set, but FTL has no such variable", `FTL knows ${[...known].join(", ")}`)
    );
}

function awsVariables({ env }: Config): Check[] {
  const checks = awsProblems(env).map(({ name, error }) => fail(name, error));
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = env;
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
  if (id?.startsWith("ASIA") && !token) {
    const text = "AWS_SESSION_TOKEN is not set, though AWS_ACCESS_KEY_ID is of a session";
    const hint = "Set all three variables of the session";
    checks.push(fail("AWS_SESSION_TOKEN", new UsageError(text, { hint })));
  }
  if (env["AWS_PROFILE"] && id && secret) checks.push(keysWin(env["AWS_PROFILE"]));
  for (const name of ["SSL_CERT_FILE", "AWS_CA_BUNDLE"]) {
    if (env[name]) checks.push(ok(name, `${env[name]}: TLS trusts its authorities alone`));
  }
  const endpoint = env["AWS_ENDPOINT_URL_S3"] || env["AWS_ENDPOINT_URL"];
  const target = URL.parse(endpoint ?? "https://s3.amazonaws.com");
  const proxy = target === null ? undefined : proxyFor(target, env);
  if (proxy !== undefined) checks.push(info("proxy", `${proxy.variable}: through ${proxy.url}`));
  return checks;
}

/** Every AWS tool does the same. */
function keysWin(profile: string): Check {
  const text = `${quote(profile)} gives only its settings: AWS_ACCESS_KEY_ID goes before its keys`;
  return info("AWS_PROFILE", text, "Unset the one that you do not want");
}
