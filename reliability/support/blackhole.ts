import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

/** A port on loopback where every new connection hangs, as behind a firewall that drops packets. */
export interface Blackhole extends AsyncDisposable {
  readonly port: number;
}

/** It listens, and then blocks its own event loop: no connection in its queue is accepted. */
const SLEEPER = `
const { parentPort } = require('node:worker_threads');
const server = require('node:net').createServer();
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  parentPort.postMessage(server.address().port);
  setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
});`;
/** More than the queue can contain. */
const FILLERS = 6;

export async function startBlackhole(): Promise<Blackhole> {
  const worker = new Worker(SLEEPER, { eval: true });
  const port = await new Promise<number>((resolve, reject) => {
    worker.once('message', (message: unknown) => resolve(Number(message)));
    worker.once('error', reject);
  });
  const fillers = Array.from({ length: FILLERS }, (): Socket => {
    const socket = connect(port, '127.0.0.1');
    return socket.on('error', () => {});
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of fillers) {
        socket.destroy();
      }
      await worker.terminate();
    },
  };
}
