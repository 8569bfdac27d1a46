import ts from "typescript";

/** Parts of TypeScript 6.0 that exist at run time and are not declared. */
interface Internals {
  SignatureHelp: {
    getSignatureHelpItems(
      program: ts.Program,
      file: ts.SourceFile,
      position: number,
      reason: ts.SignatureHelpTriggerReason | undefined,
      cancellation: { throwIfCancellationRequested(): void; isCancellationRequested(): boolean },
    ): ts.SignatureHelpItems | undefined;
  };
}
const internals = ts as unknown as Internals;

const NEVER_CANCELLED = { throwIfCancellationRequested() {}, isCancellationRequested: () => false };

/** The signature of the call that a position is in, and the parameter that stands there. */
export interface SignatureInfo {
  label: string;
  documentation: readonly ts.SymbolDisplayPart[];
  tags: readonly ts.JSDocTagInfo[];
  parameter?: { label: string; documentation: readonly ts.SymbolDisplayPart[] };
  /** Overloads that are not shown. */
  others: number;
}

/** What the call around a position expects; undefined outside of a call's brackets. */
export function signatureAt(
  program: ts.Program,
  file: ts.SourceFile,
  position: number,
): SignatureInfo | undefined {
  const help = internals.SignatureHelp.getSignatureHelpItems(
    program,
    file,
    position,
    { kind: "invoked" },
    NEVER_CANCELLED,
  );
  const item = help?.items[help.selectedItemIndex];
  if (!help || !item) return undefined;
  const text = (parts: readonly ts.SymbolDisplayPart[]) => parts.map((part) => part.text).join("");
  const parameters = item.parameters.map((parameter) => text(parameter.displayParts));
  const list = parameters.join(text(item.separatorDisplayParts));
  const index = item.isVariadic ? Math.min(help.argumentIndex, parameters.length - 1) : help.argumentIndex;
  const current = item.parameters[index];
  return {
    label: `${text(item.prefixDisplayParts)}${list}${text(item.suffixDisplayParts)}`,
    documentation: item.documentation,
    tags: item.tags.filter(({ name }) => name !== "param"),
    parameter: current && { label: parameters[index], documentation: current.documentation },
    others: help.items.length - 1,
  };
}
