import type { Content, Message } from "../../jupyter/message.js";
import type { Output } from "./notebook-file.js";

/** Turns what a kernel publishes into the outputs of cells, as a notebook keeps them. */
export class NotebookOutputs {
  /** Outputs that may be updated later, also from other cells. */
  readonly #displayed = new Map<string, Output[]>();

  /** The receiver of one cell's messages; it fills `outputs`. */
  cell(outputs: Output[]): (message: Message) => void {
    let clearNext = false;
    const add = (output: Output, content?: Content) => {
      if (clearNext) outputs.length = 0;
      clearNext = false;
      outputs.push(output);
      const id = displayId(content);
      if (id !== undefined) this.#displayed.set(id, [...(this.#displayed.get(id) ?? []), output]);
    };
    return ({ header, content }) => {
      const { data, metadata = {} } = content;
      switch (header.msg_type) {
        case "stream": {
          const last = clearNext ? undefined : outputs.at(-1);
          if (last?.output_type === "stream" && last.name === content.name)
            last.text += content.text as string;
          else add({ output_type: "stream", name: content.name, text: content.text });
          break;
        }
        case "display_data":
          add({ output_type: "display_data", data, metadata }, content);
          break;
        case "execute_result":
          add(
            { output_type: "execute_result", execution_count: content.execution_count, data, metadata },
            content,
          );
          break;
        case "update_display_data":
          for (const output of this.#displayed.get(displayId(content) ?? "") ?? [])
            Object.assign(output, { data, metadata });
          break;
        case "error": {
          const { ename, evalue, traceback } = content;
          add({ output_type: "error", ename, evalue, traceback });
          break;
        }
        case "clear_output":
          if (content.wait) clearNext = true;
          else outputs.length = 0;
      }
    };
  }
}

function displayId(content: Content | undefined): string | undefined {
  return (content?.transient as { display_id?: string } | undefined)?.display_id;
}
