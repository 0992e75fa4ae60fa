-- What the endpoints compatible with Adjust need to know of an app: its token over there, and what its event tokens mean.

create table "adjust_settings" (
  "org_id" text not null,
  "app_id" text not null,
  "app_token" text not null,
  "token_alone" boolean not null default false,
  "event_names" jsonb not null default '{}',
  "updated_at" timestamptz(3) not null default current_timestamp,
  "updated_by" text,
  constraint "adjust_settings_pkey" primary key ("org_id", "app_id"),
  constraint "adjust_settings_org_id_app_id_fkey" foreign key ("org_id", "app_id") references "apps" ("org_id", "id") on delete cascade on update cascade
);
-- Not unique across organizations: whoever writes a token down first would lock its owner out.
create unique index "adjust_settings_org_id_app_token_key" on "adjust_settings" ("org_id", "app_token");
create index "adjust_settings_app_token_idx" on "adjust_settings" ("app_token");

alter table adjust_settings enable row level security;
alter table adjust_settings force row level security;
create policy tenant on adjust_settings to unmogrowp_app using (org_id = current_org_id()) with check (org_id = current_org_id());
create policy owner_all on adjust_settings to current_user using (true) with check (true);
grant select, insert, update, delete on adjust_settings to unmogrowp_app;

-- ---------------------------------------------------------------------------------------------------------------
-- Lookups before a tenant is known (0002 explains the list).

-- Every app that goes by this token at Adjust; the caller takes the one its key proves, or the only one there is.
create function lookup_adjust_app(wanted_token text)
  returns table (org_id text, app_id text, platform text, token_alone boolean, event_names jsonb)
  language sql stable security definer set search_path = public, pg_temp as $$
  select s.org_id, s.app_id, a.platform::text, s.token_alone, s.event_names
  from adjust_settings s join apps a on a.org_id = s.org_id and a.id = s.app_id
  where s.app_token = wanted_token
  order by s.org_id, s.app_id
  limit 100
$$;

-- Apps of a tenant that a secret key already proved, by the id that stores and other vendors call them by.
create function lookup_app_by_store_id(wanted_org text, wanted text)
  returns table (app_id text, platform text, bundle_id text, store_id text)
  language sql stable security definer set search_path = public, pg_temp as $$
  select a.id, a.platform::text, a.bundle_id, a.store_id from apps a
  where a.org_id = wanted_org and (a.bundle_id = wanted or a.store_id = wanted)
  order by a.platform, a.id
$$;

create function notify_adjust_change() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then perform pg_notify('unmogrowp_hot', 'adjust_app:' || old.app_token); end if;
  if tg_op <> 'DELETE' then perform pg_notify('unmogrowp_hot', 'adjust_app:' || new.app_token); end if;
  return null;
end
$$;
create trigger hot_change after insert or update or delete on adjust_settings for each row execute function notify_adjust_change();

revoke execute on function lookup_adjust_app(text), lookup_app_by_store_id(text, text), notify_adjust_change() from public;
grant execute on function lookup_adjust_app(text), lookup_app_by_store_id(text, text), notify_adjust_change() to unmogrowp_app;
