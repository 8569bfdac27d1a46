/** A request that the sampler refuses: names the option, what was given and what is accepted. */
export class OptionError extends Error {
  override name = "OptionError";

  constructor(
    readonly option: string,
    readonly value: unknown,
    readonly accepted: string,
  ) {
    super(`option "${option}" must be ${accepted}, got ${JSON.stringify(value)}`);
  }
}
