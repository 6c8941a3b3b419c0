import { randomHex } from './random-hex.ts';

/** W3C Trace Context, level 1: `00-<trace>-<span>-<flags>`. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly flags: string;
}

const SHAPE = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** undefined for anything the specification bids us ignore: a wrong shape, version ff, ids of zeros only. */
export function parseTraceparent(header: string | undefined | null): TraceContext | undefined {
  const [, version, traceId, spanId, flags, more] = SHAPE.exec(header?.trim() ?? '') ?? [];
  if (!version || !traceId || !spanId || !flags || version === 'ff') return undefined;
  if (version === '00' && more !== undefined) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, flags };
}

export function newTraceparent(): string {
  return `00-${randomHex(16)}-${randomHex(8)}-01`;
}

/** The same trace, a new span: what we send on. Starts a new trace where there is none to go on with. */
export function childTraceparent(parent: string | undefined | null): string {
  const context = parseTraceparent(parent);
  return context ? `00-${context.traceId}-${randomHex(8)}-${context.flags}` : newTraceparent();
}
