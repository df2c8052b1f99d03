/** Warns if a file's name leads to a result that its owner seldom means. */
import { quote } from "../foreign_text.ts";

/**
 * Endings of archives that machines do not unpack. An archive that is meant to stay one (`.jar`) is
 * not in the list.
 */
const STORED = /(^|\.)(tar\.\w+|t[bx]z2?|tb2|tlz|tlzma|taz|tz|zip|7z|rar|cpio|cab|arj|ar|xar)$/i;
/** Endings of archives that machines unpack. */
const UNPACKED = /(^|\.)(tar|tar\.gz|tgz|tar\.zst|tzst)$/i;

/**
 * Advice for names like `my_site.tar.xz` and `my_site-1.2.3.tgz`. Empty for most names.
 *
 * @param name the package that the file name gives
 * @param rest the rest of the file name, after the package and its dot
 */
export function adviseOnFileName(name: string, rest: string): string[] {
  const fileName = rest === "" ? name : `${name}.${rest}`;
  return [
    ...(isStoredArchive(rest)
      ? [
        `${quote(fileName)} is not unpacked on machines: it is stored as it is, as one file. ` +
        `Pack it as ${name}.tar.gz or ${name}.tar.zst to have it unpacked`,
      ]
      : []),
    ...adviseOnVersion(name, { rest, fileName }),
  ];
}

function isStoredArchive(rest: string): boolean {
  return STORED.test(rest) && !UNPACKED.test(rest);
}

/** For `my_site-1.2.3.tgz`: the first dot of the version ends the package's name too early. */
function adviseOnVersion(
  name: string,
  { rest, fileName }: { rest: string; fileName: string },
): string[] {
  const [, base, version] = /^(.*[^-_])[-_]+v?(\d+)$/i.exec(name) ?? [];
  if (base === undefined || version === undefined || !/^\d/.test(rest)) return [];
  const ending = /^[\w.+-]*?\.((tar\.)?[a-z]\w*)$/i.exec(rest)?.[1];
  return [
    `The package is ${name}: the file's name up to its first dot. If the package is ${base}, and ` +
    `the rest of ${quote(fileName)} its version, rename the file to ${base}${
      ending === undefined ? "" : `.${ending}`
    }`,
  ];
}

/**
 * Whether the name ends like the name of one build. A package keeps its name from build to build.
 */
export function looksLikeOneBuild(name: string): boolean {
  return /[-_]v?\d[\w-]*$/i.test(name) || /[-_][0-9a-f]{7,40}$/i.test(name);
}
