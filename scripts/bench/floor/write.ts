/** `write.ts FOLDER LIST`: writes files of the sizes in a list, 15 in a folder, with the fewest calls. */
const [folder = "", list = ""] = Deno.args;
const sizes = Deno.readTextFileSync(list).trim().split("\n").map(Number);
const content = new Uint8Array(Math.max(...sizes)).fill(1);
const time = new Date(1_700_000_000_000);
const IN_A_FOLDER = 15;
sizes.forEach((size, index) => {
  const inner = `${folder}/${Math.floor(index / IN_A_FOLDER)}`;
  if (index % IN_A_FOLDER === 0) Deno.mkdirSync(inner);
  const place = `${inner}/file${index}`;
  Deno.writeFileSync(place, content.subarray(0, size), { createNew: true, mode: 0o644 });
  Deno.utimeSync(place, time, time);
});
