import { inspect, types as kinds } from "node:util";

/** A notebook keeps all that it shows: beyond this a text is cut. */
const MAX_CHARACTERS = 200_000;
/** An object with more properties shows the first of them; `util.inspect` would take seconds for a million. */
const MANY_PROPERTIES = 2000;
const SHOWN_PROPERTIES = 100;
const SHOWN_ITEMS = 100;
const SHOWN_NUMBERS = 20;

/** A value as `console.log` shows it, without colours, and bounded. Never throws. */
export function plainText(value: unknown): string {
  try {
    return bounded(inspected(value));
  } catch (error) {
    return `[${className(value)}, which cannot be shown: ${reason(error)}]`;
  }
}

/** The name of a value's class; "Object" where it does not tell. */
export function className(value: unknown): string {
  try {
    return String((value as object).constructor.name || "Object");
  } catch {
    return "Object"; // no constructor, or a getter or proxy that throws
  }
}

function inspected(value: unknown): string {
  const isNumbers = kinds.isTypedArray(value) || kinds.isAnyArrayBuffer(value);
  const options = {
    colors: false,
    maxArrayLength: isNumbers ? SHOWN_NUMBERS : SHOWN_ITEMS,
    maxStringLength: MAX_CHARACTERS / 2,
  };
  const hidden = hiddenProperties(value);
  if (hidden === 0) return inspect(value, options);
  return `${inspect(firstProperties(value as object), options)} … ${hidden.toLocaleString("en")} more properties`;
}

function hiddenProperties(value: unknown): number {
  const isPlain = value !== null && typeof value === "object" && !kinds.isProxy(value);
  if (!isPlain || Array.isArray(value) || ArrayBuffer.isView(value)) return 0;
  const count = Object.keys(value).length;
  return count > MANY_PROPERTIES ? count - SHOWN_PROPERTIES : 0;
}

function firstProperties(value: object): object {
  const first = Object.create(Object.getPrototypeOf(value));
  for (const key of Object.keys(value).slice(0, SHOWN_PROPERTIES)) {
    Object.defineProperty(first, key, Object.getOwnPropertyDescriptor(value, key)!);
  }
  return first;
}

function bounded(text: string): string {
  if (text.length <= MAX_CHARACTERS) return text;
  return `${text.slice(0, MAX_CHARACTERS)}… ${(text.length - MAX_CHARACTERS).toLocaleString("en")} more characters`;
}

function reason(error: unknown): string {
  try {
    return String((error as Error).message ?? error).slice(0, 1000);
  } catch {
    return "it throws";
  }
}
