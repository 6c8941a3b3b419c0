// The images' HEALTHCHECK: exits 0 when the process in this container answers 2xx, 1 when it does not.
const url = process.env.HEALTHCHECK_URL;
if (!url) {
  console.error('HEALTHCHECK_URL is not set: the image names it, such as http://127.0.0.1:3000/health/live');
  process.exit(1);
}
try {
  const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await answer.body?.cancel();
  process.exit(answer.ok ? 0 : 1);
} catch (error) {
  console.error(`${url}: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
