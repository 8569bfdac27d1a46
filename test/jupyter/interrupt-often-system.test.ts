import { interruptEach } from "../helpers/interrupts.js";

const IMPORT = 'import * as cp from "node:child_process"; import * as fs from "node:fs";';

/** What stands in a call of the system. */
const KINDS = {
  execSync: `${IMPORT} cp.execSync("echo on; sleep 600", { stdio: "inherit" });`,
  "execSync of a shell with children": `${IMPORT} cp.execSync("(echo on; sleep 600; true) | cat; true", { stdio: "inherit" });`,
  spawnSync: `${IMPORT} cp.spawnSync("setsid", ["sh", "-c", "echo on; sleep 600; true"], { stdio: ["ignore", "inherit", "pipe"] });`,
  "Atomics.wait": `console.log("on"); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`,
  "openSync of a named pipe that nobody opens": `${IMPORT} if (!fs.existsSync("closed")) cp.execFileSync("mkfifo", ["closed"]); console.log("on"); fs.openSync("closed", "r");`,
  "openSync of a named pipe that nobody reads": `${IMPORT} if (!fs.existsSync("unread")) cp.execFileSync("mkfifo", ["unread"]); console.log("on"); fs.openSync("./unread", "w");`,
  "writeSync to a pipe that nobody empties": `${IMPORT} if (!fs.existsSync("full")) cp.execFileSync("mkfifo", ["full"]); { const fd = fs.openSync("full", fs.constants.O_RDWR); try { console.log("on"); for (;;) fs.writeSync(fd, Buffer.alloc(1e6)); } finally { fs.closeSync(fd); } }`,
  readSync: `${IMPORT} if (!fs.existsSync("fifo")) cp.execFileSync("mkfifo", ["fifo"]); { const fd = fs.openSync("fifo", fs.constants.O_RDWR); try { console.log("on"); fs.readSync(fd, Buffer.alloc(1)); } finally { fs.closeSync(fd); } }`,
};

interruptEach(KINDS, { atOnce: 8 }); // all of them wait
