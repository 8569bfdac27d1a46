import { release } from "node:os";

/** Returns the running kernel's release, for example "6.1.0-28-amd64". */
export const kernelRelease = (): string => release();

/** Tells whether the running kernel is `version` ("5.8") or newer. Backports are not known. */
export function kernelAtLeast(version: string): boolean {
  const [major, minor] = version.split(".").map(Number);
  const [thisMajor, thisMinor] = kernelRelease().split(/[.-]/).map(Number);
  return thisMajor !== major ? thisMajor > major : thisMinor >= minor;
}
