import { ConfigError, type Environment } from '../../src/config/environment.ts';
import { loadConfig } from '../../src/config/load-config.ts';

/** What loadConfig looks at, without what it only refuses. */
export function knownVariables(): readonly string[] {
  const asked = new Set<string>();
  const env: Environment = new Proxy(
    { WECHAT_MCHID: '1' },
    {
      get: (target, name) => {
        asked.add(String(name));
        return Reflect.get(target, name);
      },
    },
  );
  if (!(problemsOf(env).length > 0)) {
    throw new Error('A merchant number alone is no configuration.');
  }
  return [...asked].filter((name) => !isRefused(name)).toSorted();
}

function isRefused(name: string): boolean {
  return problemsOf({ [name]: 'x' }).some(
    ({ variable, problem }) => variable === name && /^is not supported/.test(problem),
  );
}

function problemsOf(env: Environment): ConfigError['problems'] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) {
      return error.problems;
    }
    throw error;
  }
}
