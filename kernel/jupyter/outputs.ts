import { writeSync } from "node:fs";
import type { Output } from "./cell-messages.js";
import type { Content } from "./message.js";
import { OutputStreams } from "./output-streams.js";
import type { Parents } from "./parents.js";
import { UpdateThrottle } from "./update-throttle.js";

/** Publishes what cells print and show, each under the request that it belongs to, in the order in which it came. */
export class Outputs {
  readonly #parents: Parents;
  readonly #streams = new OutputStreams((name, text, parent) => {
    const request = this.#parents.get(parent);
    if (request) request.publish("stream", { name, text });
    else writeSync(2, text); // before the first cell: the terminal's
  });
  readonly #updates = new UpdateThrottle();

  constructor(parents: Parents) {
    this.#parents = parents;
  }

  publish(output: Output): void {
    if (output.type === "stream") {
      this.#streams.write(output.name, output.text, output.parent);
    } else if (output.type === "clear") {
      this.flush();
      this.#parents.get(output.parent)?.publish("clear_output", { wait: output.wait });
    } else {
      this.#display(output);
    }
  }

  /** Publishes what is held back; called before anything that must come after it. */
  flush(): void {
    this.#streams.flush();
    this.#updates.flush();
  }

  #display({ message, parent }: Output & { type: "display" }): void {
    const { data, metadata, displayId, update } = message;
    const content: Content = {
      data,
      metadata,
      transient: displayId === undefined ? {} : { display_id: displayId },
    };
    const request = this.#parents.get(parent);
    this.#streams.flush();
    if (update && displayId !== undefined) {
      this.#updates.update(displayId, () => request?.publish("update_display_data", content));
      return;
    }
    this.#updates.flush();
    request?.publish("display_data", content);
  }
}
