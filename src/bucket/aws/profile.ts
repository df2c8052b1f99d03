/**
 * Reads the AWS profile in use from the shared files `~/.aws/config` and `~/.aws/credentials`. The
 * second file wins. https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html
 *
 * The SDK reads these files itself for credentials. This file has what FTL must know before it
 * calls the SDK.
 */
import { homedir } from "node:os";
import type { Environment } from "../../config.ts";
import { UsageError } from "../../errors.ts";
import { quote } from "../../foreign_text.ts";

/** Settings by name. A setting nested below `s3 =` has a name like `s3.use_accelerate_endpoint`. */
export type Profile = ReadonlyMap<string, string>;

/** The settings of each section, by the profile's name. */
type Profiles = Map<string, Map<string, string>>;

/**
 * The profile that `AWS_PROFILE` names, or the default one. Empty if there is no default profile.
 * Throws `UsageError` if a named profile does not exist. Every AWS tool does so, even if keys are
 * set too.
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
 * Whether a program may give the credentials: the profile's `credential_process`, or that of a
 * profile which the profile takes its credentials from.
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
 * Whether the environment contains credentials. They win over the credentials of `AWS_PROFILE`; its
 * other settings still count. The AWS CLI does the same; the SDK for JavaScript does not.
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

/** The shared files that exist but that this user may not read. */
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

/**
 * The profile's name from a section of the config file. Only the default profile has a bare name
 * there.
 */
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

/** Like the SDK, FTL goes on without a file that does not exist or may not be read. */
function readFile(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
