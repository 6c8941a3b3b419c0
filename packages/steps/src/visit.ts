import { applyChange, joinChanges, type Change, type Decision, type LoadedSubmission } from '@countersign/flow';
import type { House } from './house.ts';
import { withLateLetters } from './letters.ts';

/**
 * One submission in one worker's hands. Decisions are noted in memory and written together, always before anything
 * leaves the house; when somebody else has moved the row meanwhile they are decided again on the fresh row.
 */
export class Visit {
  readonly house: House;
  /** As it stands with everything noted. */
  submission: LoadedSubmission;
  /** Which kinds of callback were put in the letterbox's tray during this visit. */
  readonly told: string[] = [];
  /** Somebody else's look was written between our reading and our writing: another ticket goes on from there, ours need not. */
  overtaken = false;
  #base: LoadedSubmission;
  #noted: Decision<LoadedSubmission>[] = [];

  constructor(house: House, submission: LoadedSubmission) {
    this.house = house;
    this.submission = submission;
    this.#base = submission;
  }

  /** The database's clock, carried forward by the monotonic one: neither a clock step nor a pause can set it back. */
  nowMs(): number {
    const { databaseMs, monotonicMs } = this.submission.readAt;
    return databaseMs + (performance.now() - monotonicMs);
  }

  /** Decides now, writes with the next commit. Safe to lose: nothing has been told to anybody on the strength of it. */
  note(decision: Decision<LoadedSubmission>): void {
    this.#noted.push(decision);
    const change = decision(this.submission);
    if (change) this.submission = applyChange(this.submission, change, this.nowMs());
  }

  /**
   * Writes everything noted, and `decision` with it. Returns whether `decision` took effect; false means the row stands
   * elsewhere now (somebody moved it first) and the caller must look again where it stands.
   */
  async commit(decision?: Decision<LoadedSubmission>): Promise<boolean> {
    const decisions = decision ? [...this.#noted, decision] : this.#noted;
    this.#noted = [];
    for (;;) {
      const { groups, last } = decide(decisions, this.#base, this.nowMs());
      const written = await this.#write(groups);
      if (written) return decision !== undefined && last !== null;
      await this.refresh();
    }
  }

  /** Writes what is noted, if anything is, with the time the agenda should bring it up again. */
  async leave(agendaInMs: number | undefined, exact: boolean): Promise<void> {
    if (this.#noted.length === 0) return;
    if (agendaInMs !== undefined) this.#noted.push(() => ({ agendaInMs, agendaExact: exact }));
    await this.commit();
  }

  /** Reads the row afresh, dropping nothing that is committed. */
  async refresh(): Promise<void> {
    const fresh = await this.house.cellar.load(this.submission.id);
    if (!fresh) throw new Error(`submission ${this.submission.id} is gone from the database`);
    this.#base = fresh;
    this.submission = fresh;
  }

  async #write(groups: readonly Change[]): Promise<boolean> {
    for (const change of groups) {
      const moved = await this.house.cellar.commit(this.#base, change);
      if (!moved) return false;
      this.#base = moved;
      this.submission = moved;
      for (const callback of change.callbacks ?? []) this.told.push(callback.type);
    }
    this.submission = this.#base;
    return true;
  }
}

/**
 * Decisions → as few changes as the law allows: one, unless two of them move the status, since
 * PENDING → COMPLETED is no legal move although PENDING → PROCESSING → COMPLETED is.
 */
function decide(
  decisions: readonly Decision<LoadedSubmission>[],
  base: LoadedSubmission,
  nowMs: number,
): { groups: Change[]; last: Change | null } {
  const groups: Change[] = [];
  let submission = base;
  let last: Change | null = null;
  for (const decision of decisions) {
    last = decision(submission);
    if (!last) continue;
    const after = applyChange(submission, last, nowMs);
    last = withLateLetters(submission, last, after);
    submission = after;
    const open = groups.at(-1);
    if (open && !(open.status && last.status)) groups[groups.length - 1] = joinChanges(open, last);
    else groups.push(last);
  }
  return { groups, last };
}
