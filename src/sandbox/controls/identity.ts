import { rotateCertificate } from '../identity.ts';
import type { Control } from './control.ts';

const credentials: Control = {
  method: 'GET',
  path: '/sandbox/credentials',
  zh: '商户凭据，键名即环境变量名',
  en: "the merchant's credentials, named as environment variables",
  handle: (_call, world) => world.credentials(),
};

const platformCertificate: Control = {
  method: 'GET',
  path: '/sandbox/platform-certificate',
  zh: '微信支付平台证书 (PEM)',
  en: 'the platform certificate',
  handle: (_call, world) => world.identity.certificates[0].pem,
};

const rotate: Control = {
  method: 'POST',
  path: '/sandbox/platform-certificate',
  zh: '更换平台证书，旧证书仍有效',
  en: 'a new platform certificate; those before it stay good',
  handle: async (_call, { identity, realNow }) => {
    await rotateCertificate(identity, realNow());
    return { serials: identity.certificates.map(({ serial }) => serial) };
  },
};

export const identityControls: readonly Control[] = [credentials, platformCertificate, rotate];
