import { startSandbox } from '../sandbox/index.ts';
import { readArguments } from './usage.ts';

const USAGE = `Usage: npm run sandbox

Starts the sandbox of WeChat Pay. Variable: SANDBOX_PORT (4010).
`;
readArguments(USAGE, { options: {} });

const port = Number(process.env['SANDBOX_PORT'] || 4010);

try {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error('SANDBOX_PORT must be a port number from 0 to 65535.');
  }
  const sandbox = await startSandbox({ port });
  const stop = () => {
    void sandbox.close().then(() => process.exit(0));
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  process.stdout.write(`微信支付先享后付沙箱 · WeChat Pay sandbox: ${sandbox.url}
Credentials:  curl ${sandbox.url}/sandbox/credentials
The user's phone, to confirm and pay: open ${sandbox.url}/
Everything else: open ${sandbox.url}/sandbox
`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
