import type { Redis } from 'ioredis';

/**
 * The whole shared state of one destination, in one visit. The holder states what it keeps using while we talk (`keep`) and what it
 * would like (`want`), never a difference, so an answer that was lost, or the same question twice, does no harm; Redis never books
 * less than `keep`, so what is booked is never less than what is used. Times are Redis' own.
 *
 * KEYS: held (hash holder → permits), leases (sorted set by end), hungry (sorted set by end), rate (the moment up to which tokens are
 * given out, microseconds), pause. `cap` is an equal share while others are hungry: holders give back down to it as their calls
 * end, and with fewer permits than holders (a share of 0) they take turns.
 */
const SETTLE = `
local me, limit, want, keep, leaseMs = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local tokens, intervalUs, aheadMaxMs, channel, name = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9], ARGV[10]
local t = redis.call('TIME')
local nowUs = tonumber(t[1]) * 1000000 + tonumber(t[2])
local now = math.floor(nowUs / 1000)

local gone = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)
if #gone > 0 then
  redis.call('HDEL', KEYS[1], unpack(gone))
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
end
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)

local others, members, mine = 0, 1, 0
local all = redis.call('HGETALL', KEYS[1])
local holds = {}
for i = 1, #all, 2 do
  holds[all[i]] = true
  if all[i] == me then mine = tonumber(all[i + 1]) else others = others + tonumber(all[i + 1]); members = members + 1 end
end
local hungryOthers = 0
for _, holder in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do
  if holder ~= me then
    hungryOthers = hungryOthers + 1
    if not holds[holder] then members = members + 1 end
  end
end

local cap = limit
if hungryOthers > 0 then cap = math.floor(limit / members) end
local may = cap
if mine == 0 and may == 0 then may = 1 end
local hold = math.max(keep, math.min(want, may, limit - others), 0)
if hold > 0 then
  redis.call('HSET', KEYS[1], me, hold)
  redis.call('ZADD', KEYS[2], now + leaseMs, me)
  redis.call('PEXPIRE', KEYS[1], leaseMs * 2)
  redis.call('PEXPIRE', KEYS[2], leaseMs * 2)
elseif mine > 0 then
  redis.call('HDEL', KEYS[1], me)
  redis.call('ZREM', KEYS[2], me)
end

if want > hold then
  redis.call('ZADD', KEYS[3], now + 2000, me)
  if hold < math.max(cap, 1) then redis.call('PUBLISH', channel, 'hungry ' .. me .. ' ' .. name) end
  redis.call('PEXPIRE', KEYS[3], 4000)
else
  redis.call('ZREM', KEYS[3], me)
end
if hold < mine and hungryOthers > 0 then redis.call('PUBLISH', channel, 'free ' .. me .. ' ' .. name) end

local granted, waitMs = 0, 0
if tokens > 0 then
  local from = math.max(nowUs, tonumber(redis.call('GET', KEYS[4]) or '0'))
  waitMs = math.ceil((from - nowUs) / 1000)
  if waitMs <= aheadMaxMs then
    granted = tokens
    local upTo = from + tokens * intervalUs
    redis.call('SET', KEYS[4], string.format('%.0f', upTo), 'PX', math.ceil((upTo - nowUs) / 1000) + 1000)
  end
end
return { hold, cap, members, granted, waitMs, math.max(redis.call('PTTL', KEYS[5]), 0) }
`;

/** Sets the pause if it is longer than the one that stands, and tells everybody at once. */
const PAUSE = `
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then
  redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
  redis.call('PUBLISH', ARGV[2], 'pause ' .. ARGV[1] .. ' ' .. ARGV[3])
end
return 1
`;

/** What one holder says of itself. */
export interface SettleQuestion {
  readonly destination: string;
  readonly holder: string;
  readonly concurrency: number;
  readonly want: number;
  readonly keep: number;
  readonly leaseMs: number;
  /** Rate tokens wanted, 0 for none, and the time one stands for. */
  readonly tokens: number;
  readonly tokenIntervalMs: number;
  /** Tokens that would be good only later than this are not given out: others may come before. */
  readonly tokensAheadMaxMs: number;
}

export interface SettleAnswer {
  /** Permits that are ours until the lease ends. */
  readonly held: number;
  /** Others are hungry: give back down to this as calls end. The limit itself when nobody is. */
  readonly cap: number;
  /** Holders and hungry ones, we included. */
  readonly members: number;
  /** Tokens given, good `tokensInMs` from now; none: the time until there may be some. */
  readonly tokens: number;
  readonly tokensInMs: number;
  readonly pausedForMs: number;
}

/** ioredis hangs the commands it is told about on the client at run time. */
interface Scripted {
  csSettle(...args: (string | number)[]): Promise<[number, number, number, number, number, number]>;
  csPause(...args: (string | number)[]): Promise<number>;
}

/** The two questions Redis answers for us, under `prefix`. */
export class LimitsScript {
  readonly #redis: Scripted;
  readonly #prefix: string;
  readonly channel: string;

  constructor(redis: Redis, prefix: string) {
    redis.defineCommand('csSettle', { lua: SETTLE, numberOfKeys: 5 });
    redis.defineCommand('csPause', { lua: PAUSE, numberOfKeys: 1 });
    this.#redis = redis as unknown as Scripted; // a wall: the two lines above made it so
    this.#prefix = prefix;
    this.channel = `${prefix}:limits`;
  }

  async settle(ask: SettleQuestion): Promise<SettleAnswer> {
    const keys = ['held', 'leases', 'hungry', 'rate', 'pause'].map((part) => this.#key(ask.destination, part));
    const [held, cap, members, tokens, tokensInMs, pausedForMs] = await this.#redis.csSettle(
      ...keys,
      ask.holder,
      ask.concurrency,
      ask.want,
      ask.keep,
      ask.leaseMs,
      ask.tokens,
      Math.round(ask.tokenIntervalMs * 1000),
      ask.tokensAheadMaxMs,
      this.channel,
      ask.destination,
    );
    return { held, cap, members, tokens, tokensInMs, pausedForMs };
  }

  async pause(destination: string, ms: number): Promise<void> {
    await this.#redis.csPause(this.#key(destination, 'pause'), ms, this.channel, destination);
  }

  /** Braces keep the keys of a destination on one shard of a cluster. */
  #key(destination: string, part: string): string {
    return `${this.#prefix}:limit:{${destination}}:${part}`;
  }
}
