/** The category of a function in a CPU profile: a package, a folder of src, or a part of Node. */
export function categoryOf(
  functionName: string,
  url: string,
  parent: string,
  parentUrl: string,
): string {
  switch (functionName) {
    case '(garbage collector)':
      return 'garbage collector';
    case '(idle)':
      return IDLE;
    case '(program)':
    case '(root)':
      return 'native code outside of calls';
  }
  if (url === 'node:inspector' || parent === PROFILER) {
    return PROFILER;
  }
  if (url === '' && SOCKET_WRITE.test(functionName)) {
    return 'system call: write to a socket';
  }
  if (url === '') {
    // Native functions: they belong to their caller.
    return parentUrl.endsWith('/store/sqlite.ts') ? 'node:sqlite' : parent;
  }
  const packageName = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (packageName !== undefined) {
    return packageName;
  }
  const area = /\/src\/((?:orders\/store|[^/]+?))(?:\/|\.ts$)/.exec(url)?.[1];
  return area === undefined ? nodeModule(url) : `src/${area}`;
}

export const IDLE = '(idle)';
/** The tool's own start and stop: no part of the server. */
export const PROFILER = 'node:inspector';
const SOCKET_WRITE = /^(writev|write(Latin1|Utf8|Ascii)String|writeBuffer)$/;

/** Node's own modules, by what they are for. */
const PARTS: readonly (readonly [RegExp, string])[] = [
  [/crypto/, 'node:crypto'],
  [/undici/, 'node:undici (fetch)'],
  [/_http|internal\/http/, 'node:http'],
  [/net$|stream_base|tcp|socket/, 'node:net'],
  [/webstreams/, 'node: web streams'],
  [/stream/, 'node:stream'],
  [/events|event_target|abort/, 'node:events, AbortSignal'],
  [/domexception/, 'node: DOMException'],
  [/url/, 'node:url'],
  [/timers/, 'node:timers'],
  [/buffer|string_decoder|encoding/, 'node:buffer'],
  [/sqlite/, 'node:sqlite'],
  [/async|promise|task_queues|process/, 'node: ticks and promises'],
];

function nodeModule(url: string): string {
  return PARTS.find(([pattern]) => pattern.test(url))?.[1] ?? 'node: other';
}
