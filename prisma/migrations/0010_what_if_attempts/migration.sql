-- What kills its worker must not be taken again for ever: what-ifs and imports count how often they were taken over from a
-- worker that had gone silent since they last came further, and whoever takes one too often ends it.

alter table "attribution_replays" add column "attempts" integer not null default 0;
alter table "imports" add column "attempts" integer not null default 0;

-- As before, but what took workers down goes last: it must not keep everybody else's waiting. A worker that hands its work
-- back when it is stopped leaves it `queued`, which is no takeover.
create or replace function claim_replay(worker text, lease_seconds integer)
  returns table (claimed_org text, claimed_replay text)
  language sql security definer set search_path = public, pg_temp as $$
  update attribution_replays set attempts = attempts + case status when 'running' then 1 else 0 end,
    status = 'running', lease_owner = worker, lease_until = now() + make_interval(secs => lease_seconds),
    started_at = coalesce(started_at, now()), updated_at = now()
  where id = (
    select r.id from attribution_replays r
    where r.status = 'queued' or (r.status = 'running' and r.lease_until < now())
    order by r.attempts + case r.status when 'running' then 1 else 0 end, r.created_at, r.id limit 1 for update skip locked
  )
  returning org_id, id
$$;

create or replace function claim_import(worker text, lease_seconds integer)
  returns table (claimed_org text, claimed_import text)
  language sql security definer set search_path = public, pg_temp as $$
  update imports set attempts = attempts + case status when 'running' then 1 else 0 end,
    status = 'running', lease_owner = worker, lease_until = now() + make_interval(secs => lease_seconds), updated_at = now()
  where id = (
    select i.id from imports i
    where i.uploaded and (i.status = 'queued' or (i.status = 'running' and i.lease_until < now()))
    order by i.attempts + case i.status when 'running' then 1 else 0 end, i.created_at, i.id limit 1 for update skip locked
  )
  returning org_id, id
$$;
