import "./early-compiler.js";

// Where the kernel's process begins: the compiler starts before all else is read.
void import("./kernel.js");
