/** The body, or undefined where it is longer than allowed; for both framings of HTTP/1.1. */
export async function readLimited(
  request: Request,
  maxBytes: number,
): Promise<Buffer<ArrayBuffer> | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) {
    return undefined;
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Not cancelled where it is too long: that would cut the connection before the answer.
  const reader = request.body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done || value === undefined) {
      return Buffer.concat(chunks);
    }
    length += value.length;
    if (length > maxBytes) {
      return undefined;
    }
    chunks.push(value);
  }
}
