import { getRandomValues } from 'node:crypto';

/** A UUIDv7: its order is the order of making, to the millisecond of this process's clock. */
export function newId(nowMs: number = Date.now()): string {
  const bytes = getRandomValues(Buffer.allocUnsafe(16));
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
