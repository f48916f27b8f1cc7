import type { Settings } from '../settings.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/** @param authenticated whether callers have to show who they are */
export function readHost(from: Settings, authenticated: boolean): string {
  const host = from.text('HOST') ?? '127.0.0.1';
  if (!authenticated && !LOOPBACK.test(host)) {
    const problem =
      'is not a loopback address, and callers are not authenticated: set API_KEYS_FILE or JWKS_URL, or keep to 127.0.0.1.';
    from.note('HOST', problem);
  }
  return host;
}

export function readOrigins(from: Settings): readonly string[] {
  const origins = from.list('CORS_ORIGINS');
  if (origins.some((origin) => URL.parse(origin)?.origin !== origin)) {
    from.note('CORS_ORIGINS', 'holds what is no origin such as https://shop.example.com.');
  }
  return origins;
}

/** @param authenticated as for the host */
export function readGraphiql(from: Settings, production: boolean, authenticated: boolean): boolean {
  const on = (from.choice('GRAPHIQL', 'on', 'off') ?? (production ? 'off' : 'on')) === 'on';
  if (on && production && !authenticated) {
    from.note(
      'GRAPHIQL',
      'is on for everybody: set API_KEYS_FILE or JWKS_URL too, or set it to off.',
    );
  }
  return on;
}
