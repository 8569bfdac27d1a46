import { packed } from "./packed.js";
import type { ProfileData } from "./profile-data.js";

type Samples = ProfileData["samples"];

/** The same samples with other stacks; what is packed of them stays packed, which a spread would not leave so. */
export function withStack(samples: Samples, stack: Int32Array): Samples {
  const columns = Object.getOwnPropertyDescriptors(samples);
  return Object.defineProperties({} as Samples, {
    ...columns,
    stack: { enumerable: true, get: packed(stack) },
  });
}
