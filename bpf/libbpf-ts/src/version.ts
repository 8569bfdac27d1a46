import { libbpf } from "./ffi.js";

/**
 * Returns the version of the libbpf in use, for example "1.1".
 *
 * @throws {LibraryNotFoundError} when there is none
 */
export const libbpfVersion = (): string => libbpf().libbpf_version_string().replace(/^v/, "");
