import { readFileSync } from "node:fs";

/** What a client tells a kernel about where to listen. */
export interface Connection {
  transport: "tcp" | "ipc";
  /** Address; for `ipc` the beginning of the sockets' paths. */
  ip: string;
  shell_port: number;
  iopub_port: number;
  stdin_port: number;
  control_port: number;
  hb_port: number;
  /** Secret of the signatures; empty: messages are not signed. */
  key: string;
  /** `hmac-sha256`, or another hash of OpenSSL's. */
  signature_scheme: string;
}

/**
 * Reads the file with which a client starts a kernel.
 *
 * @throws {Error} when the file is not JSON or names a transport other than tcp and ipc
 */
export function readConnectionFile(path: string): Connection {
  const connection: Connection = {
    signature_scheme: "hmac-sha256",
    ...JSON.parse(readFileSync(path, "utf8")),
  };
  if (connection.transport !== "tcp" && connection.transport !== "ipc") {
    throw new Error(`${path}: transport "${connection.transport}" is not supported; tcp and ipc are`);
  }
  return connection;
}

/** ZeroMQ's address of a port. */
export function endpoint({ transport, ip }: Connection, port: number): string {
  return transport === "ipc" ? `ipc://${ip}-${port}` : `tcp://${ip}:${port}`;
}
