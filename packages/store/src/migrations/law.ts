import { MOVES, STANDING_MOVES } from '@countersign/flow';

/**
 * The law as triggers, written from flow's own tables. The whole law stands in the WHEN clause, so a lawful move calls
 * no function at all (a plpgsql call per move would cost 3 µs).
 */
export function lawTriggers(): string {
  return `
create function refuse_move() returns trigger language plpgsql as $$
begin
  raise exception '% %: % may not become %', tg_table_name, to_json(new) ->> tg_argv[0], old.status, new.status
    using errcode = 'check_violation', constraint = tg_name;
end $$;
${trigger('submission', 'status_law', 'id', MOVES)}
${trigger('registration', 'standing_law', 'submission_id', STANDING_MOVES)}
`;
}

function trigger(table: string, name: string, id: string, moves: Readonly<Record<string, readonly string[]>>): string {
  const lawful = Object.entries(moves)
    .filter(([, to]) => to.length > 0)
    .map(([from, to]) => `old.status = '${from}' and new.status in (${to.map((word) => `'${word}'`).join(', ')})`);
  return `
create trigger ${name} before update of status on ${table} for each row
when (old.status is distinct from new.status and not (${lawful.join(' or ')}))
execute function refuse_move('${id}');`;
}
