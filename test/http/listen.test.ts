import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { listen } from '../../src/http/server.ts';

test.each([
  [
    { host: '192.0.2.1', port: 0 },
    /^Can't listen on 192\.0\.2\.1:0 \(EADDRNOTAVAIL\)\. .*set HOST/,
  ],
  [{ host: 'no-such-host.invalid', port: 0 }, /\((ENOTFOUND|EAI_AGAIN)\)\. .*(HOST|PORT)/],
])('a server that cannot listen says why, and what to set: %j', async (where, problem) => {
  await expect(listen(createServer(), where)).rejects.toThrow(problem);
});
