import type { ProfileData } from "../profile-data.js";
import { restacked } from "./restack.js";

/** Turns stacks round, the leaf first. */
export function invert(data: ProfileData): ProfileData {
  return restacked(data, "invert()", (frames) => frames.toReversed());
}
