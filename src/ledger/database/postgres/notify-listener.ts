import pg from 'pg';

const RECONNECT_MS = 500;

/**
 * LISTENs on its own connection, and reconnects if it breaks. A notification only triggers a read:
 * polling finds what is missed while it is down.
 * @returns how to stop
 */
export function listenForNotify(url: string, channel: string, callback: () => void): () => void {
  let stopped = false;
  let client: pg.Client | undefined;
  let retry: NodeJS.Timeout | undefined;
  const connect = () => {
    client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
    const broken = once(() => {
      client?.end().catch(() => {});
      if (!stopped) {
        retry = setTimeout(connect, RECONNECT_MS);
      }
    });
    client.on('error', broken);
    client.on('end', broken);
    client.on('notification', callback);
    client
      .connect()
      .then(() => client?.query(`listen ${channel}`))
      .then(callback, broken);
  };
  connect();
  return () => {
    stopped = true;
    clearTimeout(retry);
    client?.end().catch(() => {});
  };
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) {
      done = true;
      action();
    }
  };
}
