-- Keys that expire or were rotated; usage of the plans; what limits refused.

alter table ingest_keys
  add column "name" text not null default '',
  add column "expires_at" timestamptz(3),
  add column "replaced_by" text;
alter table secret_keys
  add column "expires_at" timestamptz(3),
  add column "replaced_by" text;

create table "organization_usage" (
  "org_id" text not null,
  "month" date not null,
  "events" bigint not null,
  "level" text not null,
  "computed_at" timestamptz(3) not null,
  constraint "organization_usage_pkey" primary key ("org_id", "month"),
  constraint "organization_usage_org_id_fkey" foreign key ("org_id") references "organizations" ("id") on delete cascade on update cascade
);

create table "quota_warnings" (
  "org_id" text not null,
  "month" date not null,
  "threshold" integer not null,
  "claimed_at" timestamptz(3) not null default current_timestamp,
  "sent_at" timestamptz(3),
  constraint "quota_warnings_pkey" primary key ("org_id", "month", "threshold"),
  constraint "quota_warnings_org_id_fkey" foreign key ("org_id") references "organizations" ("id") on delete cascade on update cascade
);

create table "refused_counts" (
  "org_id" text not null,
  "app_id" text not null,
  "bucket" timestamptz(3) not null,
  "key_id" text not null,
  "reason" text not null,
  "count" bigint not null,
  constraint "refused_counts_pkey" primary key ("org_id", "app_id", "bucket", "key_id", "reason"),
  constraint "refused_counts_org_id_app_id_fkey" foreign key ("org_id", "app_id") references "apps" ("org_id", "id") on delete cascade on update cascade
);
create index "refused_counts_bucket_idx" on "refused_counts" ("bucket");

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['organization_usage', 'quota_warnings', 'refused_counts'] loop
    execute format('alter table %I enable row level security', tenant_table);
    execute format('alter table %I force row level security', tenant_table);
    execute format('create policy tenant on %I to unmogrowp_app using (org_id = current_org_id()) with check (org_id = current_org_id())', tenant_table);
    -- FORCE also binds a table's owner; the functions below run as the owner, which on a managed server is no superuser.
    execute format('create policy owner_all on %I to current_user using (true) with check (true)', tenant_table);
  end loop;
end
$$;

-- The look-ups of 0002 with what expiry and rotation need; a process of an older release reads the columns it knows.
drop function lookup_ingest_key(text);
create function lookup_ingest_key(wanted text)
  returns table (key_id text, org_id text, app_id text, platform text, revoked boolean, expires_at timestamptz, replaced_by text)
  language sql stable security definer set search_path = public, pg_temp as $$
  select k.id, k.org_id, k.app_id, a.platform::text, k.revoked_at is not null, k.expires_at, k.replaced_by
  from ingest_keys k join apps a on a.org_id = k.org_id and a.id = k.app_id
  where k.key = wanted
$$;

drop function lookup_secret_key(text);
create function lookup_secret_key(wanted_hash text)
  returns table (key_id text, org_id text, scopes text[], revoked boolean, expires_at timestamptz, replaced_by text)
  language sql stable security definer set search_path = public, pg_temp as $$
  select k.id, k.org_id, k.scopes, k.revoked_at is not null, k.expires_at, k.replaced_by
  from secret_keys k where k.key_hash = wanted_hash
$$;

drop trigger hot_change on ingest_keys;
create trigger hot_change after insert or update of revoked_at, expires_at or delete on ingest_keys for each row execute function notify_hot_change();
drop trigger hot_change on secret_keys;
create trigger hot_change after insert or update of revoked_at, expires_at, scopes or delete on secret_keys for each row execute function notify_hot_change();

-- ---------------------------------------------------------------------------------------------------------------
-- Quotas, for the collector and the jobs role.

-- Plan and usage of an organization that a key already proved; no row: there is no such organization.
create function lookup_quota(wanted_org text, wanted_month date) returns table (plan text, events text)
  language sql stable security definer set search_path = public, pg_temp as $$
  select o.plan::text, coalesce(u.events, 0)::text
  from organizations o left join organization_usage u on u.org_id = o.id and u.month = wanted_month
  where o.id = wanted_org
$$;

-- The plans of organizations by id, for the jobs role, which counts for all of them at once.
create function lookup_plans(wanted text[]) returns table (org_id text, plan text)
  language sql stable security definer set search_path = public, pg_temp as $$
  select o.id, o.plan::text from organizations o where o.id = any(wanted)
$$;

-- Keeps a month's counts; organizations that are gone meanwhile are left out.
create function record_usage(for_month date, org_ids text[], counts bigint[], levels text[]) returns void
  language sql security definer set search_path = public, pg_temp as $$
  insert into organization_usage (org_id, month, events, level, computed_at)
  select n.org_id, for_month, n.events, n.level, now()
  from unnest(org_ids, counts, levels) as n (org_id, events, level) join organizations o on o.id = n.org_id
  on conflict (org_id, month) do update
    set events = excluded.events, level = excluded.level, computed_at = excluded.computed_at
    -- A count that stands still is confirmed once a minute, not at every look.
    where organization_usage.events <> excluded.events or organization_usage.level <> excluded.level
      or organization_usage.computed_at < now() - interval '1 minute'
$$;

-- Adds what collectors refused; apps that are gone meanwhile are left out.
create function add_refused(org_ids text[], app_ids text[], key_ids text[], buckets timestamptz[], reasons text[], counts bigint[])
  returns void language sql security definer set search_path = public, pg_temp as $$
  insert into refused_counts (org_id, app_id, key_id, bucket, reason, count)
  select n.org_id, n.app_id, n.key_id, n.bucket, n.reason, n.count
  from unnest(org_ids, app_ids, key_ids, buckets, reasons, counts) as n (org_id, app_id, key_id, bucket, reason, count)
    join apps a on a.org_id = n.org_id and a.id = n.app_id
  on conflict (org_id, app_id, bucket, key_id, reason) do update set count = refused_counts.count + excluded.count
$$;

-- Counts older than what the console shows.
create function forget_refused(before timestamptz) returns void
  language sql security definer set search_path = public, pg_temp as $$
  delete from refused_counts where bucket < before
$$;

-- Organizations that reached a threshold and were not told yet; claimed, so that two job processes send one mail.
-- A claim whose mail did not go out is free again after ten minutes.
create function claim_quota_warnings(for_month date, org_ids text[], thresholds integer[])
  returns table (org_id text, threshold integer)
  language sql security definer set search_path = public, pg_temp as $$
  insert into quota_warnings as w (org_id, month, threshold)
  select n.org_id, for_month, n.threshold
  from unnest(org_ids, thresholds) as n (org_id, threshold) join organizations o on o.id = n.org_id
  on conflict (org_id, month, threshold) do update set claimed_at = now()
    where w.sent_at is null and w.claimed_at < now() - interval '10 minutes'
  returning w.org_id, w.threshold
$$;

-- Collectors hear of a plan that changed at once, and of a count when what follows from it changed.
create function notify_quota_change() returns trigger language plpgsql as $$
begin
  perform pg_notify('unmogrowp_hot', 'quota:' || case tg_table_name when 'organizations' then to_jsonb(new) ->> 'id' else to_jsonb(new) ->> 'org_id' end);
  return null;
end
$$;
create trigger quota_change after update of plan on organizations for each row execute function notify_quota_change();
create trigger quota_new after insert on organization_usage for each row execute function notify_quota_change();
create trigger quota_change after update on organization_usage for each row when (old.level is distinct from new.level) execute function notify_quota_change();

revoke execute on all functions in schema public from public;
grant execute on all functions in schema public to unmogrowp_app;
