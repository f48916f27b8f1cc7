import { DatabaseSync } from 'node:sqlite';
import { listen, restApp } from './rest.js';
import { merchantSettings } from './settings.js';
import { wechatByAxiosPlugin } from './wechat-by-axios-plugin.js';

/** The same with a durable intent: committed with an fsync before the call, and its outcome after. */
const database = new DatabaseSync('intents.db');
database.exec(`
  pragma journal_mode = wal;
  pragma synchronous = full;
  create table intents (out_order_no text primary key, body text not null, outcome text) strict;
`);
const begin = database.prepare('insert into intents (out_order_no, body) values (?, ?)');
const end = database.prepare('update intents set outcome = ? where out_order_no = ?');

const wechat = wechatByAxiosPlugin(merchantSettings(process.env));
/** No number is used for both products here. */
function durable(create) {
  return async (input) => {
    begin.run(input.outOrderNo, JSON.stringify(input));
    const order = await create(input);
    end.run('done', input.outOrderNo);
    return order;
  };
}
listen(
  restApp({
    ...wechat,
    create: durable(wechat.create),
    createService: durable(wechat.createService),
  }),
);
