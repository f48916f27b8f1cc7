import { listen, restApp } from './rest.js';
import { merchantSettings } from './settings.js';
import { wechatByAxiosPlugin } from './wechat-by-axios-plugin.js';

listen(restApp(wechatByAxiosPlugin(merchantSettings(process.env))));
