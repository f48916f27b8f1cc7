import express from 'express';

/** Two routes for each product, with the same JSON as the GraphQL servers have in `data`. */
export function restApp(wechat) {
  const app = express();
  app.disable('x-powered-by');
  app.get('/pay-after-orders/:outOrderNo', async (request, response) => {
    response.json(await wechat.query(request.params.outOrderNo));
  });
  app.post('/pay-after-orders', express.json({ limit: '64kb' }), async (request, response) => {
    response.json(await wechat.create(request.body));
  });
  app.get('/service-orders/:outOrderNo', async (request, response) => {
    response.json(await wechat.queryService(request.params.outOrderNo));
  });
  app.post('/service-orders', express.json({ limit: '64kb' }), async (request, response) => {
    response.json(await wechat.createService(request.body));
  });
  return app;
}

export function listen(server) {
  const listening = server.listen(0, '127.0.0.1', () => {
    process.stdout.write(`peer http://127.0.0.1:${listening.address().port}\n`);
  });
  process.once('SIGTERM', () => process.exit());
}
