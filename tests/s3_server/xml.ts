/**
 * The little XML that S3 needs: writing answers, reading the three request bodies it defines.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/Type_API_Reference.html
 */

export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
export const S3_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

/** XML that is already escaped. */
export interface RawXml {
  readonly raw: string;
}

export function raw(xml: string): RawXml {
  return { raw: xml };
}

const ESCAPES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** Escapes text; control characters become references, as S3 writes them (XML 1.0 has no better). */
export function escapeXml(value: string): string {
  return value.replace(
    // deno-lint-ignore no-control-regex -- control characters are what must be replaced
    /[&<>"\u0000-\u0008\u000a-\u001f\u007f\ufffe\uffff]/g,
    (character) => ESCAPES[character] ?? `&#x${character.charCodeAt(0).toString(16)};`,
  );
}

/** One element that holds other elements. */
export function element(name: string, content: RawXml, namespace?: string): string {
  const attribute = namespace === undefined ? "" : ` xmlns="${namespace}"`;
  return `<${name}${attribute}>${content.raw}</${name}>`;
}

/** One element that holds text; empty if the value is undefined. */
export function text(name: string, value: string | number | boolean | undefined): string {
  return value === undefined ? "" : `<${name}>${escapeXml(String(value))}</${name}>`;
}

/** A whole document in the namespace of S3. */
export function xmlDocument(root: string, content: string): string {
  return XML_DECLARATION + element(root, raw(content), S3_NAMESPACE);
}

/** An element as read: its name without prefix, its children, its text. */
export interface XmlElement {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

/** The text of the first child of that name. */
export function childText(parent: XmlElement, name: string): string | undefined {
  return parent.children.find((child) => child.name === name)?.text;
}

const MAX_DEPTH = 20;
const TOKEN =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([^\s<>\/!?]+)((?:\s[^<>]*?)?)(\/?)>|([^<]+)/gy;

/**
 * Parses a document without DTD. Throws a SyntaxError if it is not well-formed, or if it
 * has a document type (entity bombs have no place here).
 */
export function parseXml(source: string): XmlElement {
  const root: XmlElement = { name: "", children: [], text: "" };
  const open: XmlElement[] = [root];
  const input = source.replace(/^\ufeff/, "");
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < input.length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(input);
    if (token === null) throw new SyntaxError(`not well-formed at ${at}`);
    const parent = open[open.length - 1] ?? root;
    const [, cdata, closing, name, , selfClosing, characters] = token;
    if (name !== undefined && closing === "/") {
      if (open.length < 2 || parent.name !== localName(name)) {
        throw new SyntaxError(`unexpected </${name}>`);
      }
      open.pop();
    } else if (name !== undefined) {
      const child: XmlElement = { name: localName(name), children: [], text: "" };
      parent.children.push(child);
      if (selfClosing !== "/") open.push(child);
      if (open.length > MAX_DEPTH) throw new SyntaxError("too deep");
    } else {
      parent.text += cdata ?? unescapeXml(characters ?? "");
    }
  }
  const [top] = root.children;
  if (open.length !== 1 || top === undefined || root.children.length !== 1) {
    throw new SyntaxError("not one root element");
  }
  if (root.text.trim() !== "") throw new SyntaxError("text outside of the root element");
  return top;
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescapeXml(value: string): string {
  return value.replace(/&([^;&]*)(;?)/g, (_, name: string, end: string) => {
    const hex = /^#x([0-9a-f]+)$/i.exec(name);
    const decimal = /^#(\d+)$/.exec(name);
    const code = hex ? parseInt(hex[1] ?? "", 16) : decimal ? Number(decimal[1]) : undefined;
    const character = code === undefined
      ? ENTITIES[name]
      : code <= 0x10ffff
      ? String.fromCodePoint(code)
      : undefined;
    if (end !== ";" || character === undefined) throw new SyntaxError(`bad entity &${name}`);
    return character;
  });
}
