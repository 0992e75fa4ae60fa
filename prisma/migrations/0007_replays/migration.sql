-- What-if replays of attribution.
CREATE TABLE "attribution_replays" (
    "id" TEXT NOT NULL,
    "org_id" TEXT NOT NULL,
    "app_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "period_from" CHAR(10) NOT NULL,
    "period_to" CHAR(10) NOT NULL,
    "timezone" TEXT NOT NULL,
    "settings" JSONB NOT NULL,
    "based_on_version" INTEGER NOT NULL,
    "status" TEXT NOT NULL,
    "error" TEXT,
    "snapshot_id" TEXT,
    "snapshot_at" TIMESTAMPTZ(3),
    "installs_total" INTEGER NOT NULL DEFAULT 0,
    "installs_done" INTEGER NOT NULL DEFAULT 0,
    "slices_done" INTEGER NOT NULL DEFAULT 0,
    "installs_left" INTEGER NOT NULL DEFAULT 0,
    "summary" JSONB,
    "lease_owner" TEXT,
    "lease_until" TIMESTAMPTZ(3),
    "cancel_wanted" BOOLEAN NOT NULL DEFAULT false,
    "kept_at" TIMESTAMPTZ(3),
    "adopted_version" INTEGER,
    "created_by" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),
    "cleared_at" TIMESTAMPTZ(3),

    CONSTRAINT "attribution_replays_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "attribution_replays_org_id_id_key" ON "attribution_replays"("org_id", "id");
CREATE INDEX "attribution_replays_org_id_app_id_created_at_idx" ON "attribution_replays"("org_id", "app_id", "created_at");

ALTER TABLE "attribution_replays" ADD CONSTRAINT "attribution_replays_org_id_app_id_fkey" FOREIGN KEY ("org_id", "app_id") REFERENCES "apps"("org_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

alter table attribution_replays enable row level security;
alter table attribution_replays force row level security;
create policy tenant on attribution_replays to unmogrowp_app using (org_id = current_org_id()) with check (org_id = current_org_id());
create policy owner_all on attribution_replays to current_user using (true) with check (true);
grant select, insert, update, delete on attribution_replays to unmogrowp_app;

-- The jobs role asks before a tenant is known: the next replay that waits, or whose worker has gone. Taking it and naming
-- its worker is one statement, so that two workers never take the same.
create function claim_replay(worker text, lease_seconds integer)
  returns table (claimed_org text, claimed_replay text)
  language sql security definer set search_path = public, pg_temp as $$
  update attribution_replays set status = 'running', lease_owner = worker,
    lease_until = now() + make_interval(secs => lease_seconds), started_at = coalesce(started_at, now()), updated_at = now()
  where id = (
    select r.id from attribution_replays r
    where r.status = 'queued' or (r.status = 'running' and r.lease_until < now())
    order by r.created_at, r.id limit 1 for update skip locked
  )
  returning org_id, id
$$;

-- Replays whose rows nobody wants any more: discarded, failed, cancelled, or done and not kept for so many days, which
-- discards them. Asked by the jobs role, over all tenants.
create function replays_to_clear(kept_days integer)
  returns table (replay_org text, replay_app text, replay_id text, replay_snapshot text)
  language sql security definer set search_path = public, pg_temp as $$
  update attribution_replays set status = 'discarded', updated_at = now()
  where status = 'done' and kept_at is null and finished_at < now() - make_interval(days => kept_days);
  select org_id, app_id, id, snapshot_id from attribution_replays
  where status in ('discarded', 'failed', 'cancelled') and cleared_at is null
  order by created_at, id limit 50
$$;

revoke execute on function claim_replay(text, integer), replays_to_clear(integer) from public;
grant execute on function claim_replay(text, integer), replays_to_clear(integer) to unmogrowp_app;
