/**
 * The letterbox: the only room that calls out.
 *
 * - `createCaller(settings).call(request)`: one HTTP call; says what came back, or why not and whether anything may have been sent.
 * - `openLimits(settings).acquire(destination, rules)`: the right to make a call, shared by all replicas.
 * - `checkCallbackUrl(url, options)`: may this URL be called back? Judged again, by address, at every connection of the caller.
 * - `signatureHeaders`, `verifyStandardWebhook`, `verifyHmacSha256`, `verifyTimestampedRsa`: signatures out and in.
 */
export type {
  Call,
  NoAnswer,
  NoAnswerReason,
  OutboundAnswer,
  OutboundRequest,
  OutboundResult,
} from './outbound-types.ts';
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
export { type LimitsSettings, openLimits } from './limits.ts';
export type { AcquireRules, Busy, CallHealth, DestinationRules, Limits, Permit } from './limits-types.ts';
export { isPermit } from './limits-types.ts';
