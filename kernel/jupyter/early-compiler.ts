import { CompilerClient } from "./compiler-client.js";

/** The kernel's compiler. It takes longest to start. */
export const compiler = new CompilerClient();
