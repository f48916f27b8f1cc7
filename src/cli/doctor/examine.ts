import { addDotenv } from '../../config/dotenv.ts';
import { ConfigError } from '../../config/environment-reader.ts';
import { loadConfig } from '../../config/load-config.ts';
import { describeDatabaseError } from '../../ledger/database/database-error.ts';
import { NewerSchemaError } from '../../ledger/database/migrations.ts';
import { tryStore } from '../../ledger/database/open-store.ts';
import { tryNotify } from '../../ledger/database/postgres/postgres.ts';
import { checkOptions, createWechatPay, type WechatPayOptions } from '../../wechat/index.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { examineNetwork } from './network.ts';
import { examineApiv3Key, examineExpiry, examinePermissions } from './secrets.ts';
import { callEcho, callSigned, type Names } from './signed-call.ts';

const MEMORY = 'sqlite::memory:';

/** Checks everything that a start depends on. Creates and changes no order. */
export async function* examine(env: NodeJS.ProcessEnv): AsyncGenerator<Finding> {
  const read = withoutProblems(() => {
    const dotenv = addDotenv(env);
    return { dotenv, config: loadConfig(env) };
  });
  if ('problems' in read) {
    yield* read.problems.map(({ variable, problem }) =>
      fail('configuration', `${variable} ${problem}`),
    );
    return;
  }
  const { dotenv, config } = read;
  if (dotenv !== undefined) {
    const { file, names } = dotenv;
    yield ok('configuration', `${file} was read. It sets ${names.join(', ') || 'nothing'}.`);
  }
  yield ok('configuration', 'every variable is valid.');
  yield* examinePermissions(env, config.databaseUrl);
  yield* await examineDatabase(config);
  if (config.upstream.kind === 'sandbox') {
    yield ok('WeChat Pay', 'no WECHAT_ variables: npm start uses the embedded sandbox.');
    return;
  }
  yield* examineMerchant(config.upstream.options, config);
}

function withoutProblems<T>(read: () => T): T | ConfigError {
  try {
    return read();
  } catch (error) {
    if (error instanceof ConfigError) {
      return error;
    }
    throw error;
  }
}

async function* examineMerchant(options: WechatPayOptions, names: Names): AsyncGenerator<Finding> {
  yield* examineExpiry(options, Date.now());
  const { baseUrl, backupUrl } = checkOptions(options);
  const network = await examineNetwork(baseUrl, backupUrl, options.proxyFor);
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

async function examineDatabase({
  databaseUrl,
  databaseListenUrl,
  dataKey,
}: Pick<ReturnType<typeof loadConfig>, 'databaseUrl' | 'databaseListenUrl' | 'dataKey'>): Promise<
  readonly Finding[]
> {
  const found = await openable(databaseUrl);
  const isPostgres = !databaseUrl.startsWith('sqlite:') && found.grade !== 'FAIL';
  return [
    found,
    ...(isPostgres ? [await listening(databaseUrl, databaseListenUrl)] : []),
    dataKeyOf(databaseUrl, dataKey),
  ];
}

async function listening(url: string, listenUrl = url): Promise<Finding> {
  try {
    return (await tryNotify(url, listenUrl))
      ? ok('LISTEN', 'notifications of PostgreSQL arrive.')
      : warn(
          'LISTEN',
          'receives nothing, so that events of other instances arrive up to a second later: set DATABASE_LISTEN_URL to a URL that bypasses the pooler.',
        );
  } catch (error) {
    return fail('LISTEN', `PostgreSQL cannot be reached for it: ${describeDatabaseError(error)}`);
  }
}

async function openable(url: string): Promise<Finding> {
  const kind = url.startsWith('sqlite:') ? url : 'PostgreSQL';
  if (url === MEMORY) {
    return warn('database', 'in memory: orders and intents are lost when the server stops.');
  }
  try {
    const found = await tryStore(url);
    switch (found) {
      case 'usable':
        return ok('database', `${kind} opens and can be written.`);
      case 'to be made':
        return ok('database', `${kind} does not exist yet: the server creates it.`);
      case 'to be migrated':
        return ok(
          'database',
          `${kind} opens and can be written. Its tables are of an earlier version: the server migrates them when it starts.`,
        );
    }
  } catch (error) {
    return error instanceof NewerSchemaError
      ? fail('database', error.message)
      : fail('database', `${kind} cannot be opened or written: ${describeDatabaseError(error)}`);
  }
}

function dataKeyOf(url: string, dataKey: Buffer | undefined): Finding {
  if (dataKey !== undefined) {
    return ok(
      'DATA_KEY',
      'is set: keep it, because data encrypted with it cannot be read without it.',
    );
  }
  return url === MEMORY
    ? ok('DATA_KEY', 'is not needed for a database in memory.')
    : warn(
        'DATA_KEY',
        'is not set: a key in a file beside the database is used. It is required in production.',
      );
}
