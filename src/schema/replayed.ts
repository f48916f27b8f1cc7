/** The description of `replayed` in every payload. */
export const REPLAYED =
  'True: this call had no new effect, because the same call had succeeded before (重复请求). Do not repeat side effects such as messages to the user.';
