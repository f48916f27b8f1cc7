import { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import express from 'express';
import { TYPES } from './apollo-types.js';
import { listen } from './rest.js';
import { merchantSettings } from './settings.js';
import { wechatByAxiosPlugin } from './wechat-by-axios-plugin.js';

const wechat = wechatByAxiosPlugin(merchantSettings(process.env));
const apollo = new ApolloServer({
  typeDefs: TYPES,
  resolvers: {
    Query: {
      payAfterOrder: (_, { by }) => wechat.query(by.outOrderNo),
      serviceOrder: (_, { by }) => wechat.queryService(by.outOrderNo),
    },
    Mutation: {
      createPayAfterOrder: (_, { input }) => wechat.create(input),
      createServiceOrder: (_, { input }) => wechat.createService(input),
    },
    CreatePayAfterOrderResult: { __resolveType: () => 'CreatePayAfterOrderPayload' },
    CreateServiceOrderResult: { __resolveType: () => 'CreateServiceOrderPayload' },
  },
});
await apollo.start();

const app = express();
app.disable('x-powered-by');
app.use('/graphql', express.json({ limit: '64kb' }), expressMiddleware(apollo));
listen(app);
