-- Row-level security and the closed list of lookups that happen before a tenant is known.
-- `unmogrowp_app` is the group role of every process that serves people: it cannot bypass row-level security.
-- Login roles are granted this role (embedded: by the demo; managed Postgres: by the operator, see README).

do $$
begin
  if not exists (select 1 from pg_roles where rolname = 'unmogrowp_app') then
    create role unmogrowp_app nologin nosuperuser nobypassrls nocreatedb nocreaterole;
  end if;
end
$$;

grant usage on schema public to unmogrowp_app;
grant select, insert, update, delete on all tables in schema public to unmogrowp_app;
revoke all on table "_prisma_migrations" from unmogrowp_app;
alter default privileges in schema public grant select, insert, update, delete on tables to unmogrowp_app;

-- Settings versions are facts that decisions name: appended, never changed.
revoke update, delete on table attribution_settings from unmogrowp_app;

-- The tenant of the running transaction, set by server/tenancy withOrg; NULL, and so no row, when it was not set.
create function current_org_id() returns text
  language sql stable as $$ select nullif(current_setting('app.org_id', true), '') $$;

do $$
declare
  tenant_table text;
  tenant_column text;
begin
  foreach tenant_table in array array['organizations', 'memberships', 'apps', 'ingest_keys', 'secret_keys', 'links', 'attribution_settings'] loop
    tenant_column := case tenant_table when 'organizations' then 'id' else 'org_id' end;
    execute format('alter table %I enable row level security', tenant_table);
    execute format('alter table %I force row level security', tenant_table);
    execute format('create policy tenant on %I to unmogrowp_app using (%I = current_org_id()) with check (%I = current_org_id())', tenant_table, tenant_column, tenant_column);
    -- FORCE also binds a table's owner; the lookups below run as the owner, which on a managed server is no superuser.
    execute format('create policy owner_all on %I to current_user using (true) with check (true)', tenant_table);
  end loop;
end
$$;

-- ---------------------------------------------------------------------------------------------------------------
-- Lookups before a tenant is known. Each answers one question by an unguessable or already proven value.

create function lookup_ingest_key(wanted text)
  returns table (key_id text, org_id text, app_id text, platform text, revoked boolean)
  language sql stable security definer set search_path = public, pg_temp as $$
  select k.id, k.org_id, k.app_id, a.platform::text, k.revoked_at is not null
  from ingest_keys k join apps a on a.org_id = k.org_id and a.id = k.app_id
  where k.key = wanted
$$;

create function lookup_secret_key(wanted_hash text)
  returns table (key_id text, org_id text, scopes text[], revoked boolean)
  language sql stable security definer set search_path = public, pg_temp as $$
  select k.id, k.org_id, k.scopes, k.revoked_at is not null from secret_keys k where k.key_hash = wanted_hash
$$;

-- An app of a tenant that a secret key already proved.
create function lookup_app(wanted_org text, wanted_app text)
  returns table (app_id text, platform text, bundle_id text, store_id text)
  language sql stable security definer set search_path = public, pg_temp as $$
  select a.id, a.platform::text, a.bundle_id, a.store_id from apps a where a.org_id = wanted_org and a.id = wanted_app
$$;

create function lookup_link(wanted text)
  returns table (
    link_id text, org_id text, app_id text, platform text, bundle_id text, store_id text, media_source text, campaign text, ad_set text,
    ad text, creative text, site_id text, sub_params jsonb, android_url text, ios_url text, web_url text, deep_link text,
    fallback_url text, allowed_hosts text[], archived boolean
  )
  language sql stable security definer set search_path = public, pg_temp as $$
  select l.id, l.org_id, l.app_id, a.platform::text, a.bundle_id, a.store_id, l.media_source, l.campaign, l.ad_set, l.ad, l.creative,
    l.site_id, l.sub_params, l.android_url, l.ios_url, l.web_url, l.deep_link, l.fallback_url, l.allowed_hosts, l.archived_at is not null
  from links l join apps a on a.org_id = l.org_id and a.id = l.app_id
  where l.id = wanted
$$;

-- The organizations of a person whose session was already proven.
create function lookup_memberships(wanted_user text)
  returns table (org_id text, slug text, name text, plan text, reporting_currency text, role text)
  language sql stable security definer set search_path = public, pg_temp as $$
  select o.id, o.slug, o.name, o.plan::text, o.reporting_currency::text, m.role::text
  from memberships m join organizations o on o.id = m.org_id
  where m.user_id = wanted_user
  order by o.created_at, o.id
$$;

create function slug_taken(wanted text) returns boolean
  language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select 1 from organizations o where o.slug = wanted)
$$;

-- The collector notes which keys were used, in batches.
create function touch_keys(used_ingest text[], used_secret text[]) returns void
  language sql security definer set search_path = public, pg_temp as $$
  update ingest_keys set last_used_at = now() where id = any(used_ingest);
  update secret_keys set last_used_at = now() where id = any(used_secret);
$$;

-- Processes that cache keys and links listen here; the payload names what changed: `ingest_key:<key>`, `link:<id>`, …
create function notify_hot_change() returns trigger language plpgsql as $$
declare
  -- As JSON, because a record's absent column is an error even in a branch that is not taken.
  row_now jsonb := to_jsonb(case when tg_op = 'DELETE' then old else new end);
begin
  perform pg_notify('unmogrowp_hot', case tg_table_name
    when 'ingest_keys' then 'ingest_key:' || (row_now ->> 'key')
    when 'secret_keys' then 'secret_key:' || (row_now ->> 'key_hash')
    when 'links' then 'link:' || (row_now ->> 'id')
    else 'app:' || (row_now ->> 'id') end);
  return null;
end
$$;
create trigger hot_change after insert or update of revoked_at or delete on ingest_keys for each row execute function notify_hot_change();
create trigger hot_change after insert or update of revoked_at, scopes or delete on secret_keys for each row execute function notify_hot_change();
create trigger hot_change after insert or update or delete on links for each row execute function notify_hot_change();
create trigger hot_change after insert or update or delete on apps for each row execute function notify_hot_change();

revoke execute on all functions in schema public from public;
grant execute on all functions in schema public to unmogrowp_app;
