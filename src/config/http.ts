import type { Settings } from '../settings.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

export function readHost(from: Settings): string {
  const host = from.text('HOST') ?? '127.0.0.1';
  if (!LOOPBACK.test(host)) {
    const problem =
      'is not a loopback address, and callers are not authenticated: keep to 127.0.0.1 and let a proxy that authenticates stand before it.';
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
