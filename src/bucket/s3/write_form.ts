/** The forms of a write: with all that S3 knows, or without what a store does not. */
import { statusOf } from "./errors.ts";
import type { StoreLacks } from "./store_lacks.ts";

/** What a write carries besides its bytes. */
export interface WriteForm {
  /** `x-amz-checksum-*`; `Content-MD5` without. */
  readonly checksums: boolean;
  /** `If-Match` or `If-None-Match`. */
  readonly conditions: boolean;
}

/**
 * Sends a write in the fullest form that the store knows. What it lacks is remembered only once it has
 * understood a form without: then the next writes begin there.
 *
 * A refusal that names what is refused is believed; of one that does not, the checksum is suspected first,
 * which can be made up for, and the condition last.
 *
 * @param wanted what the write has to carry
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

/** Refused over what is there, so the form was none to refuse. */
function isUnderstood(error: unknown): boolean {
  return [404, 409, 412].includes(statusOf(error));
}

/** The fields of S3's XML errors that name a header, besides code and message. */
interface RefusalDetails {
  readonly name?: string;
  readonly message?: string;
  readonly Header?: string;
  readonly ArgumentName?: string;
}

/**
 * What a store seems not to know, by its refusal; undefined where it is no such refusal. S3's own word is 501
 * NotImplemented; others say 400 with a code of their own.
 */
export function suspectOf(error: unknown): Suspect | undefined {
  const status = statusOf(error);
  if (![400, 405, 415, 422, 501].includes(status)) return undefined;
  const { name = "", message = "", Header = "", ArgumentName = "" } = error as RefusalDetails;
  // Those say that the bytes are not what the checksum says.
  if (/Digest|Mismatch/.test(name)) return undefined;
  const text = `${name} ${message} ${Header} ${ArgumentName}`;
  if (/checksum/i.test(text)) return "checksums";
  if (/if-(none-)?match|condition/i.test(text)) return "conditions";
  return status === 501 ? "either" : undefined;
}
