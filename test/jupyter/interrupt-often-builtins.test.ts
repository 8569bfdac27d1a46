import { interruptEach } from "../helpers/interrupts.js";

const SAY = 'console.log("on");';

/** What is busy in a function of JavaScript or of the kernel, or below one. */
const KINDS = {
  "a regular expression": `${SAY} /^(a+)+$/.test("a".repeat(50) + "b");`,
  "a comparison in a sort": `${SAY} [2, 1].sort(() => { for (;;); });`,
  "a display": `({ toHtml() { ${SAY} for (;;); } })`,
  "a module": `${SAY} require("node:vm").runInThisContext("for (;;);");`,
};

interruptEach(KINDS);
