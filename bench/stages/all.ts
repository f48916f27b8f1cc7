import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startUpstream } from '../background-load.ts';
import { makeMerchant } from '../work/merchant.ts';
import { graphqlStages } from './graphql.ts';
import { ledgerStages } from './ledger.ts';
import { type Stage, timeStage } from './stage.ts';
import { wechatStages } from './wechat.ts';

/** Times every stage, one after the other. @param ms how long a run of one should take */
export async function timeStages(
  ms: number,
  report: (line: string) => void,
): Promise<readonly Stage[]> {
  await using stack = new AsyncDisposableStack();
  const merchant = makeMerchant();
  const directory = await mkdtemp(join(tmpdir(), 'payafter-stages-'));
  stack.defer(() => rm(directory, { recursive: true, force: true, maxRetries: 3 }));
  const upstream = stack.use(await startUpstream(merchant, '0,1'));
  const ledger = stack.use(await ledgerStages(directory));
  const works = [
    ...wechatStages(merchant, upstream.url),
    ...(await graphqlStages()),
    ...ledger.works,
  ];
  const stages: Stage[] = [];
  for (const work of works) {
    report(`stage: ${work.name}`);
    stages.push(await timeStage(work, ms));
  }
  return stages;
}
