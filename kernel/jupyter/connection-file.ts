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

const PORTS = ["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"] as const;
const MAX_PORT = 65_535;

/**
 * Reads the file with which a client starts a kernel. What it leaves out is as Jupyter has it: tcp, on the loopback address,
 * without a key.
 *
 * @throws {Error} when the file is not JSON, lacks a port, or names a transport other than tcp and ipc
 */
export function readConnectionFile(path: string): Connection {
  const connection = {
    ...{ transport: "tcp", ip: "127.0.0.1", key: "", signature_scheme: "hmac-sha256" },
    ...parsed(path),
  } as Connection;
  if (connection.transport !== "tcp" && connection.transport !== "ipc") {
    throw new Error(`${path}: transport "${connection.transport}" is not supported; tcp and ipc are`);
  }
  for (const name of PORTS) {
    const port: unknown = connection[name];
    if (!Number.isInteger(port) || (port as number) < 1 || (port as number) > MAX_PORT)
      throw new Error(`${path}: ${name} is ${JSON.stringify(port)}; the number of a port is needed`);
  }
  return connection;
}

function parsed(path: string) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Error(`${path} cannot be read as a connection file: ${(error as Error).message}`);
  }
}

/** ZeroMQ's address of a port. */
export function endpoint({ transport, ip }: Connection, port: number): string {
  return transport === "ipc" ? `ipc://${ip}-${port}` : `tcp://${ip}:${port}`;
}
