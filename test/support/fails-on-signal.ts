/** Loaded into a server by --import: a fault of its own, at the moment of the test's choosing. */
process.once('SIGUSR2', () => {
  throw new Error('nobody catches this');
});
process.once('SIGALRM', async () => {
  await Promise.reject(new Error('nobody handles this'));
});
