import { createSocket, type Socket } from "node:dgram";

/** A UDP port of the node: each datagram is answered by whoever `answer` asks. */
export class DatagramPort {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Listens on a port of 127.0.0.1. Rejects where that is taken. */
  static open(port: number, answer: (datagram: Uint8Array) => Uint8Array | undefined): Promise<DatagramPort> {
    return new Promise((resolve, reject) => {
      const socket = createSocket({ type: "udp4" });
      socket.once("error", (error) => {
        socket.close();
        reject(error);
      });
      socket.on("message", (datagram, { address, port: from }) => {
        const said = answer(datagram);
        if (said !== undefined) socket.send(said, 0, said.length, from, address, () => {});
      });
      socket.bind({ address: "127.0.0.1", port, exclusive: true }, () => resolve(new DatagramPort(socket)));
    });
  }

  /** Resolves when the port is free. */
  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }
}
