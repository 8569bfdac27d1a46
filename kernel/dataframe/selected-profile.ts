import type { ProfileData } from "./profile-data.js";
import type { ProfileLink } from "./profile-link.js";
import { rowsWhere, selectSamples } from "./select-samples.js";
import { keepSamples } from "./verbs/keep-samples.js";

/** The profile of what the rows of a frame stand for alone: nothing else of it leaves with a file. */
export function selectedProfile(link: ProfileLink): ProfileData {
  const kept = keptSamples(link);
  return kept ? selectSamples(link.rows.data, kept) : link.rows.data;
}

/** The same, with the samples of other rows counted as filtered: `query`. */
export function accountedProfile(link: ProfileLink): ProfileData {
  const kept = keptSamples(link);
  return kept ? keepSamples(link.rows.data, kept, "query") : link.rows.data;
}

/** The samples that the rows of a frame stand for; undefined for all of them. */
export function keptSamples(link: ProfileLink): Int32Array | undefined {
  if (link.whole || link.members.length === link.rows.length) return undefined;
  const { members } = link;
  const { samples, ofSample } = link.rows;
  const isWanted = new Uint8Array(samples.length);
  for (const row of members) isWanted[row] = 1;
  return rowsWhere(ofSample.length, (i) => isWanted[ofSample[i]] === 1);
}
