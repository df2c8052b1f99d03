/**
 * The little XML that S3 needs: writing answers, reading the three request bodies it defines.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/Type_API_Reference.html
 */
import {
  parseXml as parseDocument,
  type XmlDocument,
  XmlElement as ParsedElement,
  XmlNode,
} from "npm:@rgrove/parse-xml@5.0.0";

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
  readonly children: readonly XmlElement[];
  readonly text: string;
}

/** The text of the first child of that name. */
export function childText(parent: XmlElement, name: string): string | undefined {
  return parent.children.find((child) => child.name === name)?.text;
}

/**
 * Parses a document. Throws a SyntaxError if it is not well-formed, or if it has a document type (entity bombs
 * have no place here).
 */
export function parseXml(source: string): XmlElement {
  const { children, root } = parse(source);
  if (root === null || children.some(({ type }) => type === XmlNode.TYPE_DOCUMENT_TYPE)) {
    throw new SyntaxError("no root element, or a document type");
  }
  return elementOf(root);
}

function parse(source: string): XmlDocument {
  try {
    return parseDocument(source, { preserveDocumentType: true });
  } catch (error) {
    throw new SyntaxError((error as Error).message);
  }
}

function elementOf({ name, children, text }: ParsedElement): XmlElement {
  return {
    name: name.slice(name.indexOf(":") + 1),
    children: children.filter((child) => child instanceof ParsedElement).map(elementOf),
    text,
  };
}
