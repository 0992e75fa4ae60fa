-- Self-attributing networks: partners that are asked about each install, and what they were asked.

create table "networks" (
  "id" text not null,
  "org_id" text not null,
  "app_id" text not null,
  "kind" text not null default 'self_attributing',
  "media_source" text not null,
  "claim_url" text not null,
  "secret" text not null,
  "previous_secret" text,
  "previous_until" timestamptz(3),
  "click_window_ms" bigint not null,
  "view_window_ms" bigint not null,
  "enabled" boolean not null default true,
  "asked_since" timestamptz(3) not null default current_timestamp,
  "last_asked_at" timestamptz(3),
  "last_error" text,
  "last_error_at" timestamptz(3),
  "created_by" text,
  "created_at" timestamptz(3) not null default current_timestamp,
  "updated_at" timestamptz(3) not null default current_timestamp,
  constraint "networks_pkey" primary key ("id"),
  constraint "networks_org_id_app_id_fkey" foreign key ("org_id", "app_id") references "apps" ("org_id", "id") on delete cascade on update cascade
);
create unique index "networks_org_id_app_id_id_key" on "networks" ("org_id", "app_id", "id");
create unique index "networks_org_id_app_id_media_source_key" on "networks" ("org_id", "app_id", "media_source");

create table "network_claims" (
  "org_id" text not null,
  "app_id" text not null,
  "network_id" text not null,
  "device_id" text not null,
  "state" text not null default 'waiting',
  "install" jsonb not null,
  "tries" integer not null default 0,
  "next_try_at" timestamptz(3) not null default current_timestamp,
  "expires_at" timestamptz(3) not null,
  "lease_owner" text,
  "lease_until" timestamptz(3),
  "answer" jsonb,
  "claim_id" text,
  "touchpoint" jsonb,
  "error" text,
  "created_at" timestamptz(3) not null default current_timestamp,
  "ended_at" timestamptz(3),
  constraint "network_claims_pkey" primary key ("org_id", "app_id", "network_id", "device_id"),
  constraint "network_claims_org_id_app_id_network_id_fkey" foreign key ("org_id", "app_id", "network_id") references "networks" ("org_id", "app_id", "id") on delete cascade on update cascade
);
create unique index "network_claims_org_id_app_id_network_id_claim_id_key" on "network_claims" ("org_id", "app_id", "network_id", "claim_id");
create index "network_claims_org_id_app_id_network_id_state_next_try_at_idx" on "network_claims" ("org_id", "app_id", "network_id", "state", "next_try_at");
create index "network_claims_org_id_app_id_device_id_idx" on "network_claims" ("org_id", "app_id", "device_id");
create index "network_claims_created_at_idx" on "network_claims" ("created_at");

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['networks', 'network_claims'] loop
    execute format('alter table %I enable row level security', tenant_table);
    execute format('alter table %I force row level security', tenant_table);
    execute format('create policy tenant on %I to unmogrowp_app using (org_id = current_org_id()) with check (org_id = current_org_id())', tenant_table);
    -- FORCE also binds a table's owner; the functions below run as the owner, which on a managed server is no superuser.
    execute format('create policy owner_all on %I to current_user using (true) with check (true)', tenant_table);
  end loop;
end
$$;

-- No tenant's: how far each log was looked through.
create table "claim_progress" (
  "log_id" text not null,
  "position" decimal(20,0) not null,
  "updated_at" timestamptz(3) not null default current_timestamp,
  constraint "claim_progress_pkey" primary key ("log_id")
);
grant select, insert, update, delete on networks, network_claims, claim_progress to unmogrowp_app;

-- ---------------------------------------------------------------------------------------------------------------
-- The jobs role asks before a tenant is known (0002 explains the list).

-- Which apps' installs somebody has to be asked about.
create function lookup_asked_networks()
  returns table (network_id text, org_id text, app_id text, asked_since timestamptz)
  language sql stable security definer set search_path = public, pg_temp as $$
  select n.id, n.org_id, n.app_id, n.asked_since from networks n where n.enabled and n.kind = 'self_attributing'
$$;

-- Questions that are due, each for one worker: taking one and naming its worker is one statement. No network has more than
-- so many under way, over all workers; those that were asked longest ago go first. A claim that became a touchpoint is
-- taken also where its network was switched off meanwhile: it was made.
create function take_network_claims(worker text, lease_seconds integer, most_per_network integer, most integer)
  returns table (taken_org text, taken_app text, taken_network text, taken_device text)
  language sql security definer set search_path = public, pg_temp as $$
  update network_claims c
  set lease_owner = worker, lease_until = now() + make_interval(secs => lease_seconds)
  from (
    select d.org_id, d.app_id, d.network_id, d.device_id
    from networks n cross join lateral (
      select w.org_id, w.app_id, w.network_id, w.device_id
      from network_claims w
      where w.org_id = n.org_id and w.app_id = n.app_id and w.network_id = n.id and w.state = 'waiting'
        and w.next_try_at <= now() and (w.lease_until is null or w.lease_until < now())
        and (w.touchpoint is not null or (n.enabled and w.expires_at > now()))
      order by w.next_try_at
      limit greatest(0, most_per_network - (
        select count(*) from network_claims h
        where h.org_id = n.org_id and h.app_id = n.app_id and h.network_id = n.id and h.state = 'waiting' and h.lease_until >= now()
      ))
      for update skip locked
    ) d
    order by n.last_asked_at nulls first
    limit most
  ) due
  where c.org_id = due.org_id and c.app_id = due.app_id and c.network_id = due.network_id and c.device_id = due.device_id
  returning c.org_id, c.app_id, c.network_id, c.device_id
$$;

-- Ends questions that got no answer until their install's decision settled, and forgets old ones.
create function end_network_claims(keep_days integer) returns integer
  language sql security definer set search_path = public, pg_temp as $$
  delete from network_claims where created_at < now() - make_interval(days => keep_days) and state <> 'waiting';
  with ended as (
    update network_claims c
    set state = 'failed', ended_at = now(), install = '{}', lease_owner = null, lease_until = null,
      error = 'No answer until the install settled. Last: ' || coalesce(c.error, case when n.enabled then 'not asked yet.' else 'the network is switched off.' end)
    from networks n
    where n.org_id = c.org_id and n.app_id = c.app_id and n.id = c.network_id
      and c.state = 'waiting' and c.touchpoint is null and c.expires_at <= now() and (c.lease_until is null or c.lease_until < now())
    returning 1
  )
  select count(*)::integer from ended
$$;

revoke execute on function lookup_asked_networks(), take_network_claims(text, integer, integer, integer), end_network_claims(integer) from public;
grant execute on function lookup_asked_networks(), take_network_claims(text, integer, integer, integer), end_network_claims(integer) to unmogrowp_app;
