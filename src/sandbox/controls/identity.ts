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
  handle: (_call, world) => world.identity.certificate.pem,
};

export const identityControls: readonly Control[] = [credentials, platformCertificate];
