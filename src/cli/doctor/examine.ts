import { ConfigError, type Environment } from '../../config/environment.ts';
import { type Config, loadConfig } from '../../config/load-config.ts';
import { tryStore } from '../../ledger/database/check-database.ts';
import { NewerSchemaError } from '../../ledger/database/migrations.ts';
import { checkOptions, createWechatPay, type WechatPayOptions } from '../../wechat/index.ts';
import { codeOf, type Finding, fail, ok, warn } from './finding.ts';
import { examineNetwork } from './network.ts';
import { examineApiv3Key, examineExpiry } from './secrets.ts';
import { callEcho, callSigned, type Names } from './signed-call.ts';

const MEMORY = 'sqlite::memory:';

/** Looks at everything that a start would rely on. Makes no order and changes none. */
export async function* examine(env: Environment): AsyncGenerator<Finding> {
  const config = read(env);
  if ('problems' in config) {
    yield* config.problems.map(({ variable, problem }) =>
      fail('configuration', `${variable} ${problem}`),
    );
    return;
  }
  yield ok('configuration', 'every variable can be used.');
  yield* await examineDatabase(config.databaseUrl, config.dataKey);
  if (config.upstream.kind === 'sandbox') {
    yield ok('WeChat Pay', 'no WECHAT_ variables: npm start uses the sandbox that comes along.');
    return;
  }
  yield* examineMerchant(config.upstream.options, config);
}

function read(env: Environment): Config | ConfigError {
  try {
    return loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) {
      return error;
    }
    throw error;
  }
}

async function* examineMerchant(options: WechatPayOptions, names: Names): AsyncGenerator<Finding> {
  yield* examineExpiry(options, Date.now());
  const { origin, backupOrigin } = checkOptions(options);
  const network = await examineNetwork(origin, backupOrigin);
  yield* network;
  if (network.every(({ what, grade }) => what === 'clock' || grade !== 'ok')) {
    return;
  }
  const problems: string[] = [];
  const wechat = createWechatPay({
    ...options,
    onCertificates: (news) => problems.push(...(news.kind === 'failed' ? [news.problem] : [])),
  });
  await wechat.ready();
  const grade = options.publicKey === undefined ? fail : warn;
  yield* problems.map((problem) => grade('platform certificates', problem));
  const findings = await callSigned(wechat, names);
  yield* findings;
  yield* await examineApiv3Key(options);
  if (findings.every(({ grade: found }) => found !== 'FAIL')) {
    yield await callEcho(wechat);
  }
  await wechat.close();
}

async function examineDatabase(
  url: string,
  dataKey: Buffer | undefined,
): Promise<readonly Finding[]> {
  return [await openable(url), dataKeyOf(url, dataKey)];
}

async function openable(url: string): Promise<Finding> {
  const kind = url.startsWith('sqlite:') ? url : 'PostgreSQL';
  if (url === MEMORY) {
    return warn('database', 'in memory: orders and intents are forgotten when the server stops.');
  }
  try {
    const found = await tryStore(url);
    switch (found) {
      case 'usable':
        return ok('database', `${kind} opens and can be written.`);
      case 'to be made':
        return ok('database', `${kind} is not there yet: the server makes it.`);
      case 'to be migrated':
        return ok(
          'database',
          `${kind} opens and can be written. Its tables are of an earlier version: the server migrates them when it starts.`,
        );
    }
  } catch (error) {
    return error instanceof NewerSchemaError
      ? fail('database', error.message)
      : fail(
          'database',
          `${kind} can not be opened or written (${codeOf(error)}): is it there, may this user write? Check DATABASE_URL.`,
        );
  }
}

function dataKeyOf(url: string, dataKey: Buffer | undefined): Finding {
  if (dataKey !== undefined) {
    return ok('DATA_KEY', 'is set: keep it, what it sealed can not be read without it.');
  }
  return url === MEMORY
    ? ok('DATA_KEY', 'is not needed for a database in memory.')
    : warn(
        'DATA_KEY',
        'is not set: one is kept in a file beside the database. Production needs it.',
      );
}
