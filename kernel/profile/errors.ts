import { OptionError } from "../dataframe/option-error.js";

/** Something that kept a window from being sampled; `details` are the facts that the sampler sent with it. */
export class SamplerError extends Error {
  override name = "SamplerError";
  /** True: a notebook shows the message without a stack trace, which would be of our own code. */
  readonly isExplained = true;

  constructor(
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

/** A privilege is missing; the message says which one, and how to give it. */
export class PermissionError extends SamplerError {
  override name = "PermissionError";
}

/** This kernel lacks a feature; the message says since which version it exists. */
export class UnsupportedError extends SamplerError {
  override name = "UnsupportedError";
}

/** The kernel's verifier refused the program; `details.log` is its whole log. */
export class VerifierError extends SamplerError {
  override name = "VerifierError";
}

/** libbpf.so.1 is not installed; the message says how to install it. */
export class LibraryNotFoundError extends SamplerError {
  override name = "LibraryNotFoundError";
}

/** The sampler process ended while a window was open. The next profile() starts a new one. */
export class SamplerGoneError extends SamplerError {
  override name = "SamplerGoneError";
}

const CLASSES = { PermissionError, UnsupportedError, VerifierError, LibraryNotFoundError };

/** The error that the sampler sent, as the class that its name says. */
export function errorFromWire(wire: { name: string; message: string; [detail: string]: unknown }): Error {
  const { name, message, ...details } = wire;
  if (name === "OptionError" && typeof details.accepted === "string")
    return new OptionError("profile", String(details.option), details.value, details.accepted);
  const type = Object.hasOwn(CLASSES, name) ? CLASSES[name as keyof typeof CLASSES] : SamplerError;
  return new type(message, details);
}
