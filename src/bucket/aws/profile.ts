/**
 * The AWS profile in use, as the shared files have it: `~/.aws/config` and `~/.aws/credentials`, of which
 * the latter wins. https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html
 *
 * The SDK reads them by itself for credentials. What FTL must know before it asks the SDK stands here.
 */
import { homedir } from "node:os";
import type { Environment } from "../../config.ts";
import { UsageError } from "../../errors.ts";
import { quote } from "../../foreign_text.ts";

/** Settings by name; those nested below `s3 =` have names like `s3.use_accelerate_endpoint`. */
export type Profile = ReadonlyMap<string, string>;

/** The settings of each section, by the profile's name. */
type Profiles = Map<string, Map<string, string>>;

/**
 * The profile that `AWS_PROFILE` names, or the default one; empty where there is no default. Throws
 * `UsageError` where one that is named is not there, as every AWS tool does, even beside keys.
 */
export function requireProfile(env: Environment): Profile {
  const name = profileName(env);
  const found = readProfiles(env).get(name);
  if (found !== undefined) return found;
  if (name === "default") return new Map();
  const { config, credentials } = placesOf(env);
  const unread = unreadableFiles(env);
  throw new UsageError(
    `AWS_PROFILE names ${quote(name)}, which is in neither ${config} nor ${credentials}`,
    {
      hint: unread.length > 0
        ? `Let this user read ${unread.join(" and ")}`
        : "Correct it or unset it, or make the profile: aws configure --profile <name>",
    },
  );
}

/**
 * Whether credentials may come from a program that the profile names: its `credential_process`, or that of
 * a profile which it takes its credentials from.
 */
export function usesCredentialProcess(env: Environment): boolean {
  if (hasStaticCredentials(env)) return false;
  const profiles = readProfiles(env);
  const seen = new Set<string>();
  let name: string | undefined = profileName(env);
  while (name !== undefined && !seen.has(name)) {
    seen.add(name);
    const profile = profiles.get(name);
    if (profile?.has("credential_process")) return true;
    name = profile?.get("source_profile");
  }
  return false;
}

/**
 * Whether the environment holds credentials. They go before `AWS_PROFILE`, which then gives its other
 * settings: as the AWS CLI has it, and unlike the SDK for JavaScript.
 * https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html
 */
export function hasStaticCredentials(env: Environment): boolean {
  return Boolean(env["AWS_ACCESS_KEY_ID"] && env["AWS_SECRET_ACCESS_KEY"]);
}

function profileName(env: Environment): string {
  return env["AWS_PROFILE"] || "default";
}

function readProfiles(env: Environment): Profiles {
  const profiles: Profiles = new Map();
  const { config, credentials } = placesOf(env);
  addSections(profiles, readFile(config), configProfile);
  addSections(profiles, readFile(credentials), (section) => section);
  return profiles;
}

function placesOf(env: Environment): { config: string; credentials: string } {
  const folder = (): string => `${env["HOME"] || homedir()}/.aws`;
  return {
    config: env["AWS_CONFIG_FILE"] || `${folder()}/config`,
    credentials: env["AWS_SHARED_CREDENTIALS_FILE"] || `${folder()}/credentials`,
  };
}

/** Those of the shared files that are there, and not for us to read. */
export function unreadableFiles(env: Environment): string[] {
  const { config, credentials } = placesOf(env);
  return [config, credentials].filter(isUnreadable);
}

function isUnreadable(path: string): boolean {
  try {
    Deno.readTextFileSync(path);
    return false;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}

/** In the config file only the default profile's section has a bare name. */
function configProfile(section: string): string | undefined {
  if (section === "default") return section;
  return /^profile\s+(.+)$/.exec(section)?.[1]?.replace(/^"(.*)"$/, "$1");
}

function addSections(
  profiles: Profiles,
  text: string,
  nameOf: (section: string) => string | undefined,
): void {
  let settings: Map<string, string> | undefined;
  let parent = "";
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;].*)?$/.test(line)) continue;
    const section = /^\s*\[([^\]]+)\]/.exec(line)?.[1]?.trim();
    if (section !== undefined) {
      settings = sectionOf(profiles, nameOf(section));
      continue;
    }
    const [, indent = "", name = "", value = ""] = /^(\s*)([^=\s]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name === "") continue;
    if (indent === "") parent = name;
    settings?.set(indent === "" ? name : `${parent}.${name}`, value.trim());
  }
}

function sectionOf(profiles: Profiles, name: string | undefined): Map<string, string> | undefined {
  if (name === undefined) return undefined;
  const settings = profiles.get(name) ?? new Map<string, string>();
  profiles.set(name, settings);
  return settings;
}

/** The SDK, too, goes on without a file that is not there or not for us to read. */
function readFile(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
