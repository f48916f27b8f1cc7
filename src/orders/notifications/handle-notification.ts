import type { Tx } from '../../ledger/database/group-commit.ts';
import type { NoticeOutcome } from '../../ledger/database/tables.ts';
import { type Ledger, record } from '../../ledger/ledger.ts';
import { observationOf } from '../../ledger/observation.ts';
import { observe } from '../../ledger/record-observation.ts';
import type { Notice } from '../../wechat/index.ts';

export interface Merchant {
  readonly mchid: string;
}

interface Conclusion {
  readonly outcome: NoticeOutcome;
  readonly reason: string | null;
}

const PAYLOAD = 'notice payload';

/**
 * Takes a verified notice in: inbox, order and event in one durable write. When it resolves the
 * notice may be acknowledged; a repeat changes nothing. What contradicts what is known is kept as
 * suspicious and not applied.
 */
export async function takeNotice(
  ledger: Ledger,
  { mchid }: Merchant,
  notice: Notice,
): Promise<NoticeOutcome> {
  const { vault, now, log } = ledger;
  const payload = vault.seal(notice.payload, PAYLOAD);
  const { outcome, reason } = await record(ledger, async (tx) => {
    const known = await tx
      .selectFrom('notices')
      .select(['outcome', 'reason'])
      .where('id', '=', notice.id)
      .executeTakeFirst();
    if (known !== undefined) {
      return known;
    }
    const conclusion = await conclude(tx, notice, mchid, now());
    await tx
      .insertInto('notices')
      .values({
        id: notice.id,
        event_type: notice.eventType,
        out_order_no: notice.order?.outOrderNo ?? null,
        ...conclusion,
        payload,
        received_at: now(),
      })
      .execute();
    return conclusion;
  });
  if (notice.order === null && notice.service === null) {
    const { id, eventType } = notice;
    log.warn({ notice: id, eventType }, 'a notice holds nothing that is known here; it is kept');
  }
  if (outcome === 'suspicious') {
    log.warn(
      { notice: notice.id, eventType: notice.eventType, reason },
      'a notice contradicts the record; it was not applied',
    );
  }
  return outcome;
}

async function conclude(tx: Tx, notice: Notice, mchid: string, now: number): Promise<Conclusion> {
  const about = notice.order ?? notice.service;
  if (about !== null && about.mchid !== mchid) {
    return { outcome: 'suspicious', reason: 'mchid' };
  }
  if (notice.order === null) {
    return { outcome: 'kept', reason: null };
  }
  const observed = await observe(tx, observationOf(notice.order, 'NOTIFICATION', now), now);
  return {
    outcome: observed.outcome,
    reason: observed.outcome === 'suspicious' ? observed.reason : null,
  };
}
