import type { IncomingMessage } from 'node:http';
import { isLoopback } from '../http/loopback.ts';

/**
 * Whether a request comes from this machine, was meant for it, and was not made by a foreign page:
 * the controls give out keys, and a web page can reach a loopback port through DNS rebinding.
 */
export function isLocal({ socket, headers }: IncomingMessage): boolean {
  return (
    isLoopback(socket.remoteAddress ?? '') &&
    isLoopback(hostOf(`http://${headers.host ?? ''}`)) &&
    (headers.origin === undefined || isLoopback(hostOf(headers.origin)))
  );
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}
