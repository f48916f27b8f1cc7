import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import {
  createGroupCommit,
  DatabaseLockedError,
  type Tx,
} from '../../../src/ledger/database/group-commit.ts';
import { openStore, type Store } from '../../../src/ledger/database/open-store.ts';
import { databases, useDatabase } from '../../fixtures/ledger/databases.ts';
import { event, see } from '../../fixtures/ledger/observations.ts';

const append = (id: number) => (tx: Tx) => tx.insertInto('events').values(event({ id })).execute();

async function idsIn({ db }: Pick<Store, 'db'>): Promise<number[]> {
  const rows = await db.selectFrom('events').select('id').orderBy('id').execute();
  return rows.map(({ id }) => id);
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe.each(databases)('writing on $name', ({ start }) => {
  const database = useDatabase(start);

  test('200 concurrent writes are durable when they resolve, and done in order', async () => {
    const url = await database.freshUrl();
    const store = await database.openStore(url);
    const done: number[] = [];
    const writes = upTo(200).map(async (id) => {
      await store.write(append(id));
      done.push(id);
    });
    await Promise.all(writes);
    expect(done).toEqual(upTo(200));
    await store.close();
    expect(await idsIn(await database.openStore(url))).toEqual(upTo(200));
  });

  test('writes that wait together share a commit', async () => {
    const { db } = await database.openStore();
    let commits = 0;
    const { write } = createGroupCommit(db, () => {
      commits += 1;
      return Promise.resolve();
    });
    await Promise.all(upTo(200).map((id) => write(append(id))));
    expect(commits).toBeLessThanOrEqual(5);
    expect(await idsIn({ db })).toHaveLength(200);
  });

  test('only the job that throws is rolled back, and it rejects with its error', async () => {
    const store = await database.openStore();
    const wrong = new Error('wrong');
    const outcomes = await Promise.allSettled(
      upTo(20).map((id) =>
        store.write(async (tx) => {
          await append(id)(tx);
          if (id % 5 === 0) {
            throw wrong;
          }
          return id;
        }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual(
      Array(4).fill({ status: 'rejected', reason: wrong }),
    );
    expect(await idsIn(store)).toEqual(upTo(20).filter((id) => id % 5 !== 0));
  });

  test('only the job that breaks a constraint is rolled back', async () => {
    const store = await database.openStore();
    const ids = [1, 2, 2, 3];
    const outcomes = await Promise.allSettled(ids.map((id) => store.write(append(id))));
    const kept = ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'];
    expect(outcomes.map(({ status }) => status)).toEqual(kept);
    expect(await idsIn(store)).toEqual([1, 2, 3]);
  });

  test('a job that is repeated because another one threw takes effect once', async () => {
    const store = await database.openStore();
    const wrong = store.write(async (tx) => {
      await append(2)(tx);
      throw new Error('wrong');
    });
    const writes = [store.write(append(1)), wrong, store.write(append(3))];
    const outcomes = await Promise.allSettled(writes);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await idsIn(store)).toEqual([1, 3]);
  });

  test('a background write becomes durable without another write, and when the writer closes', async () => {
    const store = await database.openStore();
    await store.write(append(1), 'background');
    void store.write(append(2), 'background');
    await store.idle();
    expect(await idsIn(store)).toEqual([1, 2]);
  });

  test('a background write and the write after it share a commit, and are done in order', async () => {
    const { db } = await database.openStore();
    let commits = 0;
    const { write } = createGroupCommit(db, () => {
      commits += 1;
      return Promise.resolve();
    });
    const done: number[] = [];
    const background = write(append(1), 'background').then(() => done.push(1));
    const immediate = write(append(2)).then(() => done.push(2));
    await Promise.all([background, immediate]);
    expect({ commits, done }).toEqual({ commits: 1, done: [1, 2] });
  });

  test('writes that arrive during a commit share the next one', async () => {
    const { db } = await database.openStore();
    let commits = 0;
    const { write } = createGroupCommit(db, () => {
      commits += 1;
      return Promise.resolve();
    });
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const first = write(async (tx) => {
      await append(1)(tx);
      begun.resolve();
      await gate.promise;
    });
    await begun.promise;
    const others = upTo(40)
      .slice(1)
      .map((id) => write(append(id)));
    gate.resolve();
    await Promise.all([first, ...others]);
    expect(commits).toBe(2);
    expect(await idsIn({ db })).toEqual(upTo(40));
  });

  test('a lock that lasts too long fails only immediate writes', async () => {
    const { db } = await database.openStore();
    let attempts = 0;
    const { write } = createGroupCommit(db, () => {
      attempts += 1;
      return attempts === 1
        ? Promise.reject(new DatabaseLockedError(new Error('busy')))
        : Promise.resolve();
    });
    const outcomes = await Promise.allSettled([
      write(append(1)),
      write(append(2), 'background'),
      write(append(3)),
      write(append(4), 'patient'),
    ]);
    const statuses = outcomes.map(({ status }) => status);
    expect(statuses).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
    expect(await idsIn({ db })).toEqual([2, 4]);
  });

  test('while another process has the lock, only background reads wait', async () => {
    const { db } = await database.openStore();
    const locked = Promise.withResolvers<void>();
    const { write, caughtUp, blocked } = createGroupCommit(db, () => locked.promise);
    const writing = write(append(1), 'background');
    blocked();
    await caughtUp();
    const seen = caughtUp('background').then(() => idsIn({ db }));
    locked.resolve();
    expect(await seen).toEqual([1]);
    await writing;
  });

  test('a write that a caller waits for, and a read, do not wait for a timer', async () => {
    const store = await database.openStore();
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval'] });
    try {
      await store.write(append(1));
      await store.write(append(4), 'patient');
      void store.write(append(2), 'background');
      await store.caughtUp();
      void store.write(append(3), 'background');
      await store.idle();
    } finally {
      vi.useRealTimers();
    }
    expect(await idsIn(store)).toEqual([1, 2, 3, 4]);
  });

  test('the outcome of one write is committed with the next write that comes soon', async () => {
    const { db } = await database.openStore();
    let commits = 0;
    const { write } = createGroupCommit(db, () => {
      commits += 1;
      return Promise.resolve();
    });
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval'] });
    try {
      const outcome = write(append(1), 'background');
      // The turns of the event loop between a response and the next request.
      await nextTurn();
      await nextTurn();
      await Promise.all([write(append(2)), outcome]);
    } finally {
      vi.useRealTimers();
    }
    expect(commits).toBe(1);
  });

  test('no result of a write is returned before its group is committed', async () => {
    const store = await database.openStore();
    let isNotified = false;
    const first = store.write(append(1)).then(() => {
      isNotified = true;
    });
    const second = store.write(async (tx) => {
      await append(2)(tx);
      return isNotified;
    });
    expect(await second).toBe(false);
    await first;
  });

  test('closing waits for the current write', async () => {
    const url = await database.freshUrl();
    const store = await openStore(url);
    const writes = upTo(100).map((id) => store.write(append(id)));
    await store.close();
    await Promise.all(writes);
    expect(await idsIn(await database.openStore(url))).toEqual(upTo(100));
  });

  test('closing a ledger waits for the latest observations', async () => {
    const url = await database.freshUrl();
    const ledger = await database.openLedger({ url });
    const seen = upTo(30).map((number) => see(ledger, { outOrderNo: `N${number}` }));
    await ledger.close();
    await Promise.all(seen);
    expect(await idsIn(await database.openStore(url))).toHaveLength(30);
  });

  test('a write that arrives during a commit is not lost', async () => {
    const store = await database.openStore();
    const late: Promise<unknown>[] = [];
    await store.write(async (tx) => {
      await append(1)(tx);
      late.push(store.write(append(2)));
      await sleep(5);
    });
    await Promise.all(late);
    await store.idle();
    expect(await idsIn(store)).toEqual([1, 2]);
  });
});
