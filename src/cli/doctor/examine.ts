import { ConfigError, type Environment } from '../../config/environment.ts';
import { type Config, loadConfig } from '../../config/load-config.ts';
import { checkOptions, createWechatPay, type WechatPayOptions } from '../../wechat/index.ts';
import { examineDatabase } from './database.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { examineNetwork } from './network.ts';
import { examineApiv3Key, examineExpiry } from './secrets.ts';
import { callEcho, callSigned, type Names } from './signed-call.ts';

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
