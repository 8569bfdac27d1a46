/** Letters of a string; Node holds no longer one. */
export const MAX_TEXT = 2 ** 29 - 25;

/** What is thrown for text that would be longer. @param format What would be written. */
export function tooLong(format: string): RangeError {
  return new RangeError(
    `${format}: this profile takes more than the 512 MiB that a text can have, because the format has each sample. ` +
      "Filter it first, or use toPprof() or toFolded(), which have sums",
  );
}

/** The value as JSON. Throws a RangeError with a remedy where that is too long. */
export function jsonText(format: string, value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    throw error instanceof RangeError ? tooLong(format) : error;
  }
}
