/** Files of allowed signers, with what FTL and ssh-keygen say of each. */
import { line } from "./allowed.ts";
import { KEYS } from "./vectors.ts";

const KEY = KEYS.ed25519;
export const BASE64 = KEY.split(" ")[1] ?? "";

/** Whether the blessing that the key `ed25519` signed is trusted by this file. */
export interface Case {
  readonly file: string;
  /** What ssh-keygen says of `ann@example.com`. */
  readonly ssh: boolean;
  /** What FTL says, if it is stricter. */
  readonly ftl?: false;
  /** Why a line is skipped. */
  readonly skipped?: string;
  readonly why: string;
}

const yes = (why: string, file: string): Case => ({ why, file, ssh: true });
const no = (why: string, file: string, skipped?: string): Case => {
  return { why, file, ssh: false, ...(skipped === undefined ? {} : { skipped }) };
};
const stricter = (why: string, file: string, skipped: string): Case => {
  return { why, file, ssh: true, ftl: false, skipped };
};
export const ann = (options: string): string => line("ann@example.com", "ed25519", options);

export const CASES: readonly Case[] = [
  yes("a plain line", ann("")),
  yes("a line with a comment", `${ann("")} Ann's laptop, the new one`),
  yes("comments and empty lines", `# who may bless\n\n   # more\n\t\n${ann("")}\n`),
  yes("lines that end with CR and LF", `# x\r\n${ann("")}\r\n`),
  yes("CR and LF after a comment of a key", `${ann("")} laptop\r\n`),
  yes(
    "white space in front and between",
    `  \tann@example.com \t  ${KEYS.ed25519.replace(" ", "   ")}`,
  ),
  yes("a file without a line end", ann("")),
  yes("several principals", line("bob@example.com,ann@example.com", "ed25519")),
  yes("patterns of principals", line("*@example.com", "ed25519")),
  yes("? fits one character", line("an?@example.com", "ed25519")),
  yes("principals in quotes", line('"ann@example.com"', "ed25519")),
  yes("somebody else is taken out", line("!bob@*,*@example.com", "ed25519")),
  yes("the namespace", ann('namespaces="ftl-bless:my_site"')),
  yes("a pattern of namespaces", ann('namespaces="ftl-bless:*"')),
  yes("one of several namespaces", ann('namespaces="git,ftl-bless:my_*"')),
  yes("names of options in any case", ann('NameSpaces="ftl-bless:*"')),
  yes("two options", ann('namespaces="ftl-bless:*",valid-after="20260101"')),
  yes("a space within quotes", ann('namespaces="a b,ftl-bless:*"')),
  yes("an escaped quote", ann('namespaces="a\\"b,ftl-bless:*"')),
  yes("a backslash in quotes", ann('namespaces="a\\b,ftl-bless:*"')),
  yes("the very second that valid-after names", ann('valid-after="20261125140000Z"')),
  yes("the very second that valid-before names", ann('valid-before="20261125140000Z"')),
  yes("a time without seconds", ann('valid-before="202611251401Z"')),
  yes("a day", ann('valid-before="20261126Z"')),
  yes("UTC in words", ann('valid-before="20261126UTC"')),
  yes("z in lower case", ann('valid-before="20261126z"')),
  yes("a bad line before a good one", `nonsense\n${ann("")}`),
  yes("a line of another key before it", `${line("ann@example.com", "other")}\n${ann("")}`),
  yes("a key of an unknown type before it", `${line("bob@example.com", "p521")}\n${ann("")}`),
  yes(
    "an expired line of the same key before it",
    `${ann('valid-before="20200101Z"')}\n${ann("")}`,
  ),

  no("another key", line("ann@example.com", "other")),
  no("a comment with the key", `#${ann("")}`),
  no("another role", ann('namespaces="ftl-spool:*"')),
  no("another package", ann('namespaces="ftl-bless:other_site"')),
  no("no namespace at all", ann('namespaces=""')),
  no("a namespace that is taken out", ann('namespaces="ftl-bless:*,!*:my_site"')),
  no("case of a namespace", ann('namespaces="FTL-bless:*"')),
  no("a pattern that is too long", ann(`namespaces="ftl-bless:*,${"x".repeat(1023)}"`)),
  no("a second too late", ann('valid-before="20261125135959Z"')),
  no("a second too early", ann('valid-after="20261125140001Z"')),
  no("an authority", ann("cert-authority"), "authority of certificates"),
  no("an authority with namespaces", ann('cert-authority,namespaces="*"'), "authority"),
  no("an unknown option", ann("restrict"), "option that FTL does not know: 'restrict'"),
  no("an option without quotes", ann("namespaces=ftl-bless:*"), "option that FTL does not know"),
  no("an option with spaces around =", ann('namespaces = "*"'), "option that FTL does not know"),
  no("a comma at the end", ann('namespaces="*",'), "option that FTL does not know"),
  no("a comma alone", ann(","), "option that FTL does not know"),
  no("no comma between options", ann('namespaces="*"valid-after="20260101"'), "does not know"),
  no("namespaces twice", ann('namespaces="*",namespaces="*"'), "namespaces twice"),
  no("valid-after twice", ann('valid-after="20200101",valid-after="20200101"'), "twice"),
  no("a quote without an end", ann('namespaces="*'), "quote in its options has no end"),
  no("an escaped quote at the end", ann('namespaces="*\\"'), "quote in its options has no end"),
  no("a time of no form", ann('valid-before="2027-01-01"'), "valid-before is no time"),
  no("a time with letters", ann('valid-after="2020010a"'), "valid-after is no time"),
  no("an empty time", ann('valid-after=""'), "valid-after is no time"),
  no("the 13th month", ann('valid-after="20201301"'), "valid-after is no time"),
  no("the 25th hour", ann('valid-after="202001012500"'), "valid-after is no time"),
  no(
    "before is not after after",
    ann('valid-after="20200101Z",valid-before="20200101Z"'),
    "not after",
  ),
  no("no key", "ann@example.com", "no key"),
  no("options without a key", 'ann@example.com namespaces="*"', "no key"),
  no("a type without a key", "ann@example.com ssh-ed25519", "the key"),
  no("a broken key", `ann@example.com ssh-ed25519 ${BASE64.slice(4)}`, "the key"),
  no("a key that is cut short", `ann@example.com ssh-ed25519 ${BASE64.slice(0, -4)}`, "the key"),
  no("a key that is too long", `ann@example.com ssh-ed25519 ${BASE64}AAAA`, "the key"),
  no("a key with CR in it", `ann@example.com ${KEY}\rAAAA`, "base64"),
  no("a key of another type than it says", `ann@example.com ssh-rsa ${BASE64}`, "is said to be"),
  no("no principals", KEY, "option that FTL does not know"),
  no("a quote of principals without an end", `"${ann("")}`, "quotes"),
  no("case of principals", line("!ann@example.com", "ed25519"), "no principal"),

  stricter("February 30", ann('valid-after="20260230Z"'), "valid-after is no time"),
  stricter("second 60", ann('valid-after="20260101000060Z"'), "valid-after is no time"),
  stricter("quotes within principals", line('ann@"example.com"', "ed25519"), "quotes"),
  stricter(
    "base64 without its padding bits",
    `ann@example.com ssh-ed25519 ${BASE64.slice(0, 8)}\v${BASE64.slice(8)}`,
    "base64",
  ),
];
