// Stands in for the API in tests of `pnpm dev`: just what dev itself asks of it.
import { createServer } from 'node:http';

const { PORT, HOST, ADMIN_API_KEY, PROVIDER_REGISTRY_URL, DATABASE_URL, REDIS_URL } = process.env;
console.log(
  JSON.stringify({
    level: 30,
    time: Date.now(),
    msg: 'stub api',
    PROVIDER_REGISTRY_URL,
    DATABASE_URL,
    REDIS_URL,
    pid: process.pid,
  }),
);
if (process.env['STUB_API'] === 'misconfigured') {
  console.error('LOG_LEVEL: given "loud"; expected one of …');
  process.exit(78);
}
const server = createServer((request, response) => {
  const isAdmin = request.headers.authorization === `Bearer ${ADMIN_API_KEY}`;
  const answer = (status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  if (request.url === '/health/ready') return answer(200, { pid: process.pid });
  if (request.url === '/crash') process.kill(process.pid, 'SIGKILL');
  if (request.url === '/v1/clients' && isAdmin) return answer(201, { id: 'c1', webhookSecret: 'whsec_x' });
  if (request.url === '/v1/clients/c1/keys' && isAdmin) return answer(201, { id: 'k1', key: 'demo-key' });
  if (request.url?.startsWith('/v1/transactions'))
    return answer(request.headers.authorization === 'Bearer demo-key' ? 200 : 401, {});
  answer(404, {});
});
server.listen(Number(PORT), HOST);
process.on('SIGTERM', () => process.exit(0));
