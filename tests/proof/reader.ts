/** Opens files through the link that it is given, as fast as it can, until its stdin ends. */

const [current = ""] = Deno.args;
let reads = 0;
let ended = false;
void Deno.stdin.readable.pipeTo(new WritableStream()).then(() => ended = true);

while (!ended) {
  for (let n = 0; n < 200; n++) {
    // One look through the link; which revision it leads to may be another one the next time.
    const version = Deno.readTextFileSync(`${current}/version`);
    if (!/^\d+\n$/.test(version)) throw new Error(`current/version says ${version}`);
    reads++;
  }
  await new Promise((resolve) => setTimeout(resolve, 0));
}
Deno.stdout.writeSync(new TextEncoder().encode(String(reads)));
