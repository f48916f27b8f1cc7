import { listen, restApp } from './rest.js';
import { merchantSettings } from './settings.js';
import { wechatByNodeV3 } from './wechat-by-node-v3.js';

listen(restApp(wechatByNodeV3(merchantSettings(process.env))));
