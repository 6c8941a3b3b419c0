export * from './settings.ts';
export type { Neighbour } from './neighbour.ts';
export { answered, evidenceOf, jsonObject, send, wordOfLook, wordOfTell, type Sent, type Way } from './third-party.ts';
export { readWebhookToken, webhookToken } from './webhook-token.ts';
export { registry, registryNeighbour } from './registry/registry.ts';
export { REGISTRY, registryWord } from './registry/words.ts';
export { registryWebhook } from './registry/webhook.ts';
export { bankNeighbour } from './bank/neighbour.ts';
export {
  createBankCalls,
  type BankCalls,
  type BankCallSettings,
  type Fetched,
  type Initiation,
  type NextMessage,
} from './bank/calls.ts';
export { buildPain001, totalCents, type Debtor, type PaymentFile } from './bank/pain001.ts';
export { centsOf, decimalOf, readTransfer, type Creditor, type Transfer } from './bank/transfer.ts';
export type { Booked, Credit } from './bank/booked.ts';
export { readReport, type BankReport, type PaymentStatus } from './bank/report.ts';
export { compactIban, isIban } from './bank/iban.ts';
export { sepaText, isSepaText } from './bank/sepa-text.ts';
export { bankWebhook, paymentControlsWebhook } from './bank/webhooks.ts';
export {
  BANK,
  bankWord,
  endToEndId,
  fileRefused,
  moneyBack,
  invalidPayout,
  isDuplicate,
  submissionOf,
  type Said,
} from './bank/words.ts';
export { offRampNeighbour, onRampNeighbour, ramp } from './ramp/ramp.ts';
export { offRampWebhook, onRampWebhook } from './ramp/webhook.ts';
export { RAMP_LEGS, type RampLeg, type RampName } from './ramp/transfer.ts';
export { cspNeighbour } from './csp/csp.ts';
export { cspLegs, recordOf } from './csp/call.ts';
export { exactJson } from './csp/exact-json.ts';
export { fromAdministrator, fromCosts, fromPortfolio, fromStatus, fromTaskOrder } from './csp/from-csp.ts';
export * from './csp/shapes.ts';
export { toAdministrator, toPortfolio, toTaskOrder } from './csp/to-csp.ts';
export { authority, taxNeighbour, warehouseNeighbour } from './authority/authority.ts';
export { taxWebhook, warehouseWebhook } from './authority/webhook.ts';
export { askRampQuote, type RampAnswer, type RampQuote } from './ramp/quote.ts';
export { decimalText, timesDecimal } from './ramp/decimal.ts';
export { STABLECOIN } from './ramp/words.ts';
