import { type Reloadable, reloadOnHangup } from '../http/shutdown.ts';
import type { WechatPay } from '../wechat/index.ts';
import type { Environment } from './environment.ts';
import { loadConfig } from './load-config.ts';

export interface ReloadOptions {
  readonly env: Environment;
  readonly wechat: Pick<WechatPay, 'useKeys'>;
  readonly apiv2Key: string | undefined;
  /** What else comes from files. */
  readonly others: readonly Reloadable[];
  readonly log: Readonly<Record<'info' | 'error', (fields: object, message: string) => void>>;
}

/**
 * On SIGHUP reads the files again that variables ending in `_FILE` name. The keys are all good, or
 * none is taken and the old ones stay in use. Calls in flight finish under the old ones.
 */
export function reloadSecrets({ env, wechat, apiv2Key, others, log }: ReloadOptions) {
  let launchKey = apiv2Key;
  const reload = () => {
    const config = loadConfig(env);
    if (config.upstream.kind === 'merchant') {
      wechat.useKeys(config.upstream.options);
      launchKey = config.apiv2Key;
    }
  };
  reloadOnHangup([{ name: 'keys', reload }, ...others], (read, problems) => {
    if (problems.length > 0) {
      log.error({ problems, read }, 'SIGHUP: what could not be read stays as it was');
    } else {
      log.info({ read }, 'SIGHUP: read again');
    }
  });
  return { launchKey: () => launchKey };
}
