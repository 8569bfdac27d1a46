import type { Converter } from "tslab/dist/converter.js";
import type { Inspection } from "./compilation.js";
import type { SignatureInfo } from "./signature-help.js";

type Part = { text: string; kind?: string };
type Tag = { name: string; text?: readonly Part[] };

/** Quick info with what the shim adds. */
type Info = NonNullable<ReturnType<Converter["inspect"]>> & {
  signatureHelp?: () => SignatureInfo | undefined;
};

/**
 * What is known at `cursor`: of the name that it touches, or else of the call whose arguments it is in.
 *
 * @param ask quick info at a position
 */
export function inspection(
  code: string,
  cursor: number,
  ask: (position: number) => Info | undefined,
): Inspection | undefined {
  const name = nameAt(code, cursor);
  const info = ask(cursor);
  const named = name === undefined ? undefined : name === cursor ? info : ask(name);
  const signature = withoutAlias(text(named?.displayParts));
  if (named && signature && !/^(any$|["'`\d])/.test(signature)) {
    return { signature, ...documentation(named.documentation, named.tags) };
  }
  const signatureInfo = info?.signatureHelp?.();
  return signatureInfo && ofSignature(signatureInfo);
}

/** Position in the name that the cursor touches, before the cursor or behind it. A number is no name. */
function nameAt(code: string, cursor: number): number | undefined {
  const [before] = /[\p{ID_Continue}$]*$/u.exec(code.slice(0, cursor))!;
  const [after] = /^[\p{ID_Continue}$]*/u.exec(code.slice(cursor))!;
  if (!/^[\p{ID_Start}$_]/u.test(before + after)) return undefined;
  return after === "" ? cursor - 1 : cursor;
}

function ofSignature({ label, parameter, documentation: doc, tags, others }: SignatureInfo): Inspection {
  const docs = documentation(doc, tags);
  const more = others > 0 ? [`+ ${others} more ${others === 1 ? "signature" : "signatures"}`] : [];
  const about = parameter && text(parameter.documentation);
  const line = parameter ? `${parameter.label}${about ? `: ${about}` : ""}` : undefined;
  const marked = parameter ? `**\`${parameter.label}\`**${about ? `: ${about}` : ""}` : undefined;
  const joined = (...parts: (string | undefined)[]) => parts.filter(Boolean).join("\n\n");
  return {
    signature: label,
    documentation: joined(line && `▸ ${line}`, docs.documentation, ...more),
    markdown: joined(marked, docs.markdown, ...more),
  };
}

function documentation(
  parts: readonly Part[] | undefined,
  tags: readonly Tag[] | undefined,
): { documentation: string; markdown: string } {
  const lines = (tagLine: (tag: Tag) => string) =>
    [text(parts), (tags ?? []).map(tagLine).join("\n")].filter(Boolean).join("\n\n");
  return { documentation: lines(plainTag), markdown: lines((tag) => `${markdownTag(tag)}  `).trimEnd() };
}

function plainTag({ name, text: parts }: Tag): string {
  return `@${name} ${text(parts)}`.trimEnd();
}

function markdownTag({ name, text: parts = [] }: Tag): string {
  if (name === "example") return `*@example*\n\n\`\`\`typescript\n${text(parts)}\n\`\`\`\n`;
  const [first, ...rest] = parts.filter(({ kind }) => kind !== "space");
  const isNamed = first?.kind === "parameterName" || first?.kind === "typeParameterName";
  return `*@${name}* ${isNamed ? `\`${first.text}\` ${text(rest)}` : text(parts)}`.trimEnd();
}

/** Text of display parts; of a link, what it shows. */
function text(parts: readonly Part[] = []): string {
  return parts
    .filter(({ kind }) => kind !== "link")
    .map((part) => part.text)
    .join("");
}

/** The globals are imported; that they are is of no interest to who uses them. */
function withoutAlias(signature: string): string {
  return signature.replace(/^\(alias\) /, "").replace(/\nimport .*$/, "");
}
