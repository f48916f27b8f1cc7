import { makeNotices, type Notice } from './notices.ts';
import { atPace } from './pace.ts';
import type { Poster } from './post.ts';
import type { WechatKeys } from './wechat-keys.ts';

export interface SentNotice {
  readonly notice: Notice;
  readonly status: number;
  readonly ms: number;
}

/** Sends at an even pace, whether or not the ones before are answered. */
export async function steady(
  poster: Poster,
  notices: readonly Notice[],
  perSecond: number,
): Promise<readonly SentNotice[]> {
  return await atPace(notices, perSecond, async (notice) => {
    const startMs = performance.now();
    const status = await poster.notice(notice);
    return { notice, status, ms: performance.now() - startMs };
  });
}

/** So many notices, two of each order. */
export async function batch(
  keys: WechatKeys,
  name: string,
  size: number,
): Promise<readonly Notice[]> {
  const numbers = Array.from({ length: size / 2 }, (_, index) => `${name}${index}`);
  return await makeNotices(keys, numbers);
}
