import type { Inspection } from "../../cells/compilation.js";
import type { MimeBundle } from "../../display/mime.js";
import type { CompilerClient } from "../compiler-client.js";
import type { Content } from "../message.js";
import type { Handler } from "../session.js";

interface CodeContent {
  code: string;
  /** In code points, where JavaScript counts UTF-16 units. */
  cursor_pos: number;
}

/** `complete_request`, `inspect_request`, `is_complete_request`: what the compiler knows of a text. */
export function codeHandlers(compiler: CompilerClient): Record<string, Handler> {
  return {
    async complete_request({ content, reply }) {
      const { code, cursor_pos } = codeContent(content);
      const { start, end, matches } = await compiler.ask("complete", code, toUnits(code, cursor_pos));
      const [cursor_start, cursor_end] = [toPoints(code, start), toPoints(code, end)];
      reply({
        matches: matches.map(({ text }) => text),
        cursor_start,
        cursor_end,
        metadata: {
          _jupyter_types_experimental: matches.map(({ text, kind }) => ({
            text,
            type: kind,
            start: cursor_start,
            end: cursor_end,
          })),
        },
      });
    },

    async inspect_request({ content, reply }) {
      const { code, cursor_pos } = codeContent(content);
      const found = await compiler.ask("inspect", code, toUnits(code, cursor_pos));
      if (!found) return reply({ found: false, data: {}, metadata: {} });
      reply({ found: true, data: inspectionBundle(found), metadata: {} });
    },

    async is_complete_request({ content, reply }) {
      reply({ ...(await compiler.ask("isComplete", codeOf(content))) });
    },
  };
}

/** The text that a request is about. @throws {TypeError} when there is none */
export function codeOf({ code }: Content): string {
  if (typeof code === "string") return code;
  throw new TypeError(`the request's "code" must be a text, not ${JSON.stringify(code) ?? "absent"}`);
}

/** Without a position, it is about the end. */
function codeContent(content: Content): CodeContent {
  const code = codeOf(content);
  const { cursor_pos } = content as { cursor_pos?: unknown };
  return { code, cursor_pos: Number.isInteger(cursor_pos) ? (cursor_pos as number) : code.length };
}

/** What is known of a name, as a help window shows it. */
export function inspectionBundle({
  signature,
  documentation,
  markdown = documentation,
}: Inspection): MimeBundle {
  return {
    "text/plain": documentation ? `${signature}\n\n${documentation}` : signature,
    "text/markdown": `\`\`\`typescript\n${signature}\n\`\`\`\n\n${markdown}`.trimEnd(),
  };
}

function toUnits(code: string, points: number): number {
  return [...code].slice(0, points).join("").length;
}

function toPoints(code: string, units: number): number {
  return [...code.slice(0, units)].length;
}
