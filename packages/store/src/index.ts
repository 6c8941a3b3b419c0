export { openStore } from './store.ts';
export type { Store, StoreOptions } from './store.ts';
export { migrate } from './migrate.ts';
export { newId } from './new-id.ts';
export { BadCursor, StoreAway, StoreBusy } from './errors.ts';
export type { Accepted, Draft, Intake } from './intake.ts';
export type {
  FoundSubmission,
  ListQuery,
  OperatorResult,
  Page,
  Submissions,
  TimelineEntry,
  Wanted,
} from './submissions.ts';
export { SCOPES } from './clients.ts';
export { BUILT_IN_CLIENT } from './migrations/payout-tables.ts';
export type { Bearer, Client, ClientKey, ClientPatch, Clients, DisabledEndpoint, Scope } from './clients.ts';
export type { Kept, WebhookDraft, Webhooks } from './webhooks.ts';
export type { DeadLetter, DeadLetterFilter, DeadLetters, Replay } from './dead-letters.ts';
export type { Feed, FeedItem, Results } from './results.ts';
export type { Days } from './days.ts';
export type { Definitions, KeptDefinition, NewDefinition } from './definitions.ts';
export type { Agenda, Dispatch, Overdue } from './agenda.ts';
export type { Leader } from './leader.ts';
export type { Lease, Leases } from './leases.ts';
export type { Batch, FrozenDraft, Members, PayoutCounts, Payouts, Shard, Try, WaitingPayout } from './payouts.ts';
export type { BankMail, BankMessage, Bells, Outlook, Outlooks, ParkedMessage } from './bank-mail.ts';
export type { Gauges } from './gauges.ts';
export type { KeptOffer, OfferDraft, Offers } from './offers.ts';
export type { Archive, ArchiveGauges, ArchiveJob, Basket, ExportedFile, ExportQuery, WrittenFile } from './archive.ts';
