-- Imports of files: from the console (uploaded) and from the command line, both resumable.
CREATE TABLE "imports" (
    "id" TEXT NOT NULL,
    "org_id" TEXT NOT NULL,
    "app_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "format" TEXT NOT NULL,
    "mapping" JSONB NOT NULL DEFAULT '{}',
    "file_name" TEXT NOT NULL,
    "file_bytes" BIGINT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "uploaded" BOOLEAN NOT NULL,
    "status" TEXT NOT NULL,
    "error" TEXT,
    "rows_done" BIGINT NOT NULL DEFAULT 0,
    "share" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "accepted" BIGINT NOT NULL DEFAULT 0,
    "rejected" BIGINT NOT NULL DEFAULT 0,
    "duplicates" BIGINT,
    "refused_bytes" BIGINT NOT NULL DEFAULT 0,
    "key_id" TEXT,
    "lease_owner" TEXT,
    "lease_until" TIMESTAMPTZ(3),
    "cancel_wanted" BOOLEAN NOT NULL DEFAULT false,
    "created_by" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "imports_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "imports_org_id_id_key" ON "imports"("org_id", "id");
CREATE INDEX "imports_org_id_app_id_created_at_idx" ON "imports"("org_id", "app_id", "created_at");
CREATE INDEX "imports_org_id_app_id_fingerprint_idx" ON "imports"("org_id", "app_id", "fingerprint");

ALTER TABLE "imports" ADD CONSTRAINT "imports_org_id_app_id_fkey" FOREIGN KEY ("org_id", "app_id") REFERENCES "apps"("org_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

alter table imports enable row level security;
alter table imports force row level security;
create policy tenant on imports to unmogrowp_app using (org_id = current_org_id()) with check (org_id = current_org_id());
create policy owner_all on imports to current_user using (true) with check (true);
grant select, insert, update, delete on imports to unmogrowp_app;

-- The jobs role asks before a tenant is known: the next uploaded file that waits, or whose worker has gone. Taking it and
-- naming its worker is one statement, so that two workers never take the same.
create function claim_import(worker text, lease_seconds integer)
  returns table (claimed_org text, claimed_import text)
  language sql security definer set search_path = public, pg_temp as $$
  update imports set status = 'running', lease_owner = worker, lease_until = now() + make_interval(secs => lease_seconds), updated_at = now()
  where id = (
    select i.id from imports i
    where i.uploaded and (i.status = 'queued' or (i.status = 'running' and i.lease_until < now()))
    order by i.created_at, i.id limit 1 for update skip locked
  )
  returning org_id, id
$$;
revoke execute on function claim_import(text, integer) from public;
grant execute on function claim_import(text, integer) to unmogrowp_app;
