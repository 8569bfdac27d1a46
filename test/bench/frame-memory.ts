import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { DataFrame } from "../../kernel/dataframe/danfojs/index.js";
import { ProfileFrame } from "../../kernel/dataframe/profile-frame.js";
import { exampleMeta } from "../helpers/samples.js";
import { decoded, type Sent, sampleArrays } from "./frame-data.js";

/** Prints by how many MiB this process grows when it makes a frame of Arrow files: `frame-memory.js danfojs samples.arrow …`. */
const [engine, ...files] = process.argv.slice(2);
setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

/** What V8 holds, and what lies in array buffers, once nothing works and garbage is collected. */
async function heldMib(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    collect();
  }
  const { heapUsed, external } = process.memoryUsage(); // external has the array buffers
  return (heapUsed + external) / 2 ** 20;
}

function read(): Sent {
  const [samples, stacks, frames, threads] = files.map((file) => readFileSync(file));
  return { tables: { samples, stacks, frames, threads }, meta: exampleMeta(1) };
}

const before = await heldMib();
const frame =
  engine === "danfojs" ? new DataFrame(sampleArrays(read())) : ProfileFrame.fromProfile(decoded(read()));
if (frame.shape[0] === 0) throw new Error("no rows");
const held = await heldMib();
if (frame.shape[0] === 0) throw new Error("no rows"); // so that it is still there
process.stdout.write(String(held - before));
