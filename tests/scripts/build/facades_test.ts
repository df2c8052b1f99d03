import { assertEquals } from "../../assert.ts";
import { withoutFacades } from "../../../scripts/build/facades.ts";

function textsOf(files: Readonly<Record<string, string>>): Record<string, string> {
  const found = withoutFacades(Object.entries(files).map(([name, text]) => ({ name, text })));
  return Object.fromEntries(found.map(({ name, text }) => [name, text]));
}

const ENTRY = 'import{a}from"./base.js";let{list:l}=await import("./list.js");l(a);';
const BASE = "var a=1;export{a};";
const SHARED = 'import{a}from"./base.js";function x(){}function y(){}export{x as c,y};';

Deno.test("withoutFacades() lets a lazy import take the names where they are", () => {
  const list = 'import{c as a,y}from"./shared.js";import"./base.js";export{a as list,y};';
  assertEquals(
    textsOf({ "ftl.js": ENTRY, "base.js": BASE, "shared.js": SHARED, "list.js": list }),
    {
      "ftl.js":
        'import{a}from"./base.js";let{list:l}=await import("./shared.js").then(m=>({list:m.c,y:m.y}));l(a);',
      "base.js": BASE,
      "shared.js": SHARED,
    },
  );
});

Deno.test("withoutFacades() leaves a file that loads something that nobody else would", () => {
  const list = 'import"./effect.js";import{c as a}from"./shared.js";export{a as list};';
  const effect = "globalThis.done=true;";
  const files = { "ftl.js": ENTRY, "base.js": BASE, "shared.js": SHARED, "list.js": list };
  assertEquals(textsOf({ ...files, "effect.js": effect }), { ...files, "effect.js": effect });
});

Deno.test("withoutFacades() leaves a file that does something itself", () => {
  const list = 'import{c as a}from"./shared.js";a();export{a as list};';
  const files = { "ftl.js": ENTRY, "base.js": BASE, "shared.js": SHARED, "list.js": list };
  assertEquals(textsOf(files), files);
});
