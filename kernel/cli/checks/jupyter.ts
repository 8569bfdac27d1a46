import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { EXTENSION_NAME, EXTENSION_SOURCE } from "../extension.js";
import { dataPath, jupyterLab, jupyterLabVersion } from "../jupyter-paths.js";
import { KERNEL_MAIN, ownProgram, readSpec } from "../kernel-spec.js";
import { type Check, missing, ok, warning } from "./check.js";

const INSTALL = "proflab install";

/** JupyterLab, the kernel's spec, and the extension, where JupyterLab looks for them. */
export function jupyterChecks(): Check[] {
  return [lab(), kernelSpecs(), extension()];
}

function lab(): Check {
  const program = jupyterLab();
  if (program === undefined) {
    const found = "not in the active virtual environment, not in PATH";
    return warning("JupyterLab", found, "pip install jupyterlab; `proflab run` does without");
  }
  return ok("JupyterLab", `${jupyterLabVersion(program)}, ${program}`);
}

interface FoundSpec {
  folder: string;
  isOurs: boolean;
  /** Why Jupyter could not start it; empty when it can. */
  problem: string;
}

function kernelSpecs(): Check {
  const found = dataPath().flatMap((folder) => specsIn(join(folder, "kernels")));
  const usable = found.filter(({ isOurs, problem }) => isOurs && problem === "");
  if (usable.length > 0) return ok("kernel in Jupyter", usable.map(({ folder }) => folder).join(", "));
  const [other] = found;
  if (other)
    return missing(
      "kernel in Jupyter",
      `${other.folder}: ${other.problem || "of another installation"}`,
      INSTALL,
    );
  return missing("kernel in Jupyter", `in none of ${dataPath().join(", ")}`, INSTALL);
}

/** Specs of this kernel, of whatever installation. */
function specsIn(folder: string): FoundSpec[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const spec = readSpec(join(folder, name));
    const main = spec && ownProgram(spec);
    if (main === undefined) return [];
    const isOurs = existsSync(main) && realpathSync(dirname(main)) === realpathSync(dirname(KERNEL_MAIN));
    const absent = [spec!.argv![0], main].filter((file) => !existsSync(file));
    const problem = absent.length > 0 ? `it names ${absent.join(" and ")}, which is not there` : "";
    return [{ folder: join(folder, name), isOurs, problem }];
  });
}

function extension(): Check {
  const name = "pictures in JupyterLab";
  const entry = (folder: string): string | undefined => {
    try {
      return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).jupyterlab?._build?.load;
    } catch {
      return undefined;
    }
  };
  const built = entry(EXTENSION_SOURCE);
  if (built === undefined)
    return warning(name, "the extension is not built", `build it: ${dirname(EXTENSION_SOURCE)}`);
  const found = dataPath()
    .map((folder) => join(folder, "labextensions", EXTENSION_NAME))
    .find((folder) => existsSync(folder));
  if (!found) return warning(name, "no extension: pictures are static", INSTALL);
  if (entry(found) !== built) return warning(name, `${found} is of another version`, INSTALL);
  return ok(name, found);
}
