import { assertEquals } from "../../assert.ts";
import { parseCores, planCores } from "../../../scripts/bench/cores.ts";

Deno.test("planCores() keeps the server away from the program if there is another core", () => {
  assertEquals(planCores(1, [0, 1]), { program: "0", server: "1" });
  assertEquals(planCores(2, [4, 5, 6, 7]), { program: "4,5", server: "6,7" });
  assertEquals(planCores(2, [0, 1]), { program: "0,1", server: "0,1" });
  assertEquals(planCores(1, [3]), { program: "3", server: "3" });
});

Deno.test("parseCores() reads lists as the kernel writes them", () => {
  assertEquals(parseCores("0-2,5,7-8"), [0, 1, 2, 5, 7, 8]);
  assertEquals(parseCores("1"), [1]);
});
