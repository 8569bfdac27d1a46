/**
 * The types of danfojs.
 *
 * The only mention of the package itself, which users do not have: scripts/build makes the emitted file
 * refer to the copy of the types beside the bundle.
 */
import type * as danfojs from "danfojs-node";

/** The module as a value. */
export type Danfojs = typeof danfojs;
export type { DataFrame, Series } from "danfojs-node";
