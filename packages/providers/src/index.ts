export * from './settings.ts';
export type { Neighbour } from './neighbour.ts';
export { answered, evidenceOf, jsonObject, send, wordOfLook, wordOfTell, type Sent, type Way } from './third-party.ts';
export { readWebhookToken, webhookToken } from './webhook-token.ts';
export { registry, registryNeighbour } from './registry/registry.ts';
export { REGISTRY, registryWord } from './registry/words.ts';
export { registryWebhook } from './registry/webhook.ts';
