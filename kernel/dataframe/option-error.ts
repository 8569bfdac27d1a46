import { inspect } from "node:util";

/** An option that is unknown, or has a value that is not accepted. */
export class OptionError extends Error {
  override readonly name = "OptionError";
  /** The option by the name that the user wrote. */
  readonly option: string;
  readonly value: unknown;
  /** What is accepted: the values themselves, or a phrase such as `a positive number`. */
  readonly accepted: readonly string[] | string;

  /** @param where The function that was called, as the message begins: `distribution`. */
  constructor(where: string, option: string, value: unknown, accepted: readonly string[] | string) {
    const choice =
      typeof accepted === "string" ? accepted : `one of ${accepted.map((a) => `"${a}"`).join(", ")}`;
    const got =
      typeof value === "string" ? JSON.stringify(value) : inspect(value, { depth: 1, breakLength: Infinity });
    super(`${where}: option "${option}" must be ${choice}${value === undefined ? "" : `, got ${got}`}`);
    this.option = option;
    this.value = value;
    this.accepted = accepted;
  }
}
