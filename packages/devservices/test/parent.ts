// Starts both services, tells their ids and waits to be killed.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres, startRedis } from '../src/index.ts';

const dataDir = await mkdtemp(join(tmpdir(), 'countersign-parent-'));
const [postgres, redis] = await Promise.all([startPostgres({ dataDir, throwaway: true }), startRedis({})]);
process.send?.({ pids: [postgres.pid, redis.pid], dataDir });
setInterval(() => undefined, 60_000);
