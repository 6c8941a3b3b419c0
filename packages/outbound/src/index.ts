export * from './outbound-types.ts';
export { CALLBACK_MAX_BYTES, THIRD_PARTY_MAX_BYTES, type Caller, type CallerSettings, createCaller } from './call.ts';
export type { DestinationTls } from './connect.ts';
export { urlUnder } from './url-under.ts';
export { RETRY_AFTER_CAP_MS, parseRetryAfter } from './retry-after.ts';
export { type CallbackUrlVerdict, checkCallbackUrl, isPublicAddress } from './address-guard.ts';
export {
  type ReceivedWebhook,
  type WebhookToSign,
  newSecret,
  signatureHeaders,
  verifyStandardWebhook,
} from './signature.ts';
export { type SignatureVerdict, type TimestampedRsa, verifyHmacSha256, verifyTimestampedRsa } from './hmac.ts';
export * from './limits-types.ts';
export { type LimitsSettings, openLimits } from './limits.ts';
