import type { EnvironmentReader } from './environment.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/** @param authenticated whether callers have to show who they are */
export function readHost(from: EnvironmentReader, authenticated: boolean): string {
  const host = from.text('HOST') ?? '127.0.0.1';
  if (!authenticated && !LOOPBACK.test(host)) {
    const problem =
      'is not a loopback address, and callers are not authenticated: set API_KEYS_FILE or JWKS_URL, or keep to 127.0.0.1.';
    from.addProblem('HOST', problem);
  }
  return host;
}

export function readOrigins(from: EnvironmentReader): readonly string[] {
  const origins = from.list('CORS_ORIGINS');
  if (origins.some((origin) => URL.parse(origin)?.origin !== origin)) {
    from.addProblem('CORS_ORIGINS', 'holds what is no origin such as https://shop.example.com.');
  }
  return origins;
}

export interface GraphiqlReasons {
  readonly production: boolean;
  /** Whether callers have to show who they are. */
  readonly authenticated: boolean;
  /** Whether every document may be run: the page sends documents of its own. */
  readonly anyDocument: boolean;
}

/** In production, and where only trusted documents are run, it is on only where it is asked for. */
export function readGraphiql(
  from: EnvironmentReader,
  { production, authenticated, anyDocument }: GraphiqlReasons,
): boolean {
  const usual = production || !anyDocument ? 'off' : 'on';
  const on = (from.choice('GRAPHIQL', 'on', 'off') ?? usual) === 'on';
  if (on && !anyDocument) {
    from.addProblem(
      'GRAPHIQL',
      'can not be on with TRUSTED_DOCUMENTS: it sends documents of its own.',
    );
  }
  if (on && production && !authenticated) {
    from.addProblem(
      'GRAPHIQL',
      'is on for everybody: set API_KEYS_FILE or JWKS_URL too, or set it to off.',
    );
  }
  return on;
}
