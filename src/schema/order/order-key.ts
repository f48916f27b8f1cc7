import type { OrderKey } from '../../wechat/index.ts';
import { badUserInput } from '../query-errors.ts';

interface KeyInput {
  readonly outOrderNo?: string | null | undefined;
  readonly queryId?: string | null | undefined;
}

/** The key of a query; graphql has checked that exactly one is given. */
export function toOrderKey({ outOrderNo, queryId }: KeyInput): OrderKey {
  if (typeof outOrderNo === 'string') {
    return { outOrderNo };
  }
  if (typeof queryId === 'string') {
    return { queryId };
  }
  throw badUserInput('Exactly one of outOrderNo and queryId is required.');
}
