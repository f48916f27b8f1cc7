/** What every caller here shows of itself, over HTTP and WebSocket. */
export const CALLER: Readonly<Record<string, string>> = {};
