/**
 * Finds the form of a write that the store supports: with checksums and conditions, or without one
 * of them.
 */
import { statusOf } from "../aws/sdk_error.ts";
import type { Condition } from "../bucket.ts";
import type { StoreLacks } from "./store_lacks.ts";

/** What a write has besides its bytes. */
export interface WriteForm {
  /** With `x-amz-checksum-*`, else with `Content-MD5`. */
  readonly checksums: boolean;
  /** With `If-Match` or `If-None-Match`. */
  readonly conditions: boolean;
}

/**
 * Sends a write in the fullest form that the store supports. A lack of the store is remembered only
 * after the store has understood a form without it. The next writes then start with that form.
 *
 * If a refusal names what is refused, FTL believes it. If not, FTL first tries without the
 * checksum, because it can make up for that, and without the condition last.
 *
 * @param wanted what the write must have
 * @param send called once for each form that is tried
 */
export async function inKnownForm<T>(
  lacks: StoreLacks,
  wanted: WriteForm,
  send: (form: WriteForm) => Promise<T>,
): Promise<T> {
  const full = {
    checksums: wanted.checksums && !lacks.has("checksums"),
    conditions: wanted.conditions && !lacks.has("conditions"),
  };
  const forms: WriteForm[] = [full];
  let refusal: unknown;
  for (let form = forms.shift(); form !== undefined; form = forms.shift()) {
    try {
      const answer = await send(form);
      learn(lacks, full, form);
      return answer;
    } catch (error) {
      const suspect = suspectOf(error);
      if (suspect === undefined) {
        if (isUnderstood(error)) learn(lacks, full, form);
        throw error;
      }
      if (refusal === undefined) forms.push(...lesserForms(full, suspect));
      refusal ??= error;
    }
  }
  throw refusal;
}

type Suspect = "checksums" | "conditions" | "either";

function lesserForms(full: WriteForm, suspect: Suspect): WriteForm[] {
  const forms: WriteForm[] = [];
  if (full.checksums && suspect !== "conditions") forms.push({ ...full, checksums: false });
  if (full.conditions && suspect !== "checksums") forms.push({ ...full, conditions: false });
  if (full.checksums && full.conditions) forms.push({ checksums: false, conditions: false });
  return forms;
}

function learn(lacks: StoreLacks, full: WriteForm, understood: WriteForm): void {
  if (full.conditions && !understood.conditions) lacks.add("conditions");
  if (full.checksums && !understood.checksums) lacks.add("checksums");
}

/**
 * Whether the store refused the write because of the object: it is missing (404), is being written
 * (409), or does not meet the condition (412). To find that, the store must have read the headers.
 * So it supports this form.
 */
function isUnderstood(error: unknown): boolean {
  return [404, 409, 412].includes(statusOf(error));
}

/** The fields of S3's XML errors that may name a header. */
interface RefusalDetails {
  readonly name?: string;
  readonly message?: string;
  readonly Header?: string;
  readonly ArgumentName?: string;
}

/**
 * What a store seems not to support, from its refusal. Undefined if the refusal has another reason.
 * S3's own answer is 501 NotImplemented. Other stores answer 400 with their own code.
 */
export function suspectOf(error: unknown): Suspect | undefined {
  const status = statusOf(error);
  if (![400, 405, 415, 422, 501].includes(status)) return undefined;
  const { name = "", message = "", Header = "", ArgumentName = "" } = error as RefusalDetails;
  // These errors say that the bytes do not match the checksum.
  if (/Digest|Mismatch/.test(name)) return undefined;
  const text = `${name} ${message} ${Header} ${ArgumentName}`;
  if (/checksum/i.test(text)) return "checksums";
  if (/if-(none-)?match|condition/i.test(text)) return "conditions";
  return status === 501 ? "either" : undefined;
}

/** A condition in the form of the SDK's commands. */
export function conditionHeaders(
  condition?: Condition,
): { IfNoneMatch?: string; IfMatch?: string } {
  if (condition === undefined) return {};
  return "absent" in condition ? { IfNoneMatch: "*" } : { IfMatch: condition.etag };
}

/** The condition with an ETag as stores that compare it without the quotes of HTTP know it. */
export function withoutQuotes(condition: Condition | undefined): Condition | undefined {
  if (condition === undefined || "absent" in condition) return condition;
  return { etag: condition.etag.replace(/^"(.*)"$/, "$1") };
}
