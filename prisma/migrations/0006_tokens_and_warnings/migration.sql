-- Whose an Adjust token is, whoever else wrote it down; warnings of each plan of a month.

-- An app of a tenant that a key already proved, by its token at Adjust.
create function lookup_adjust_app_of(wanted_org text, wanted_token text)
  returns table (org_id text, app_id text, platform text, token_alone boolean, event_names jsonb)
  language sql stable security definer set search_path = public, pg_temp as $$
  select s.org_id, s.app_id, a.platform::text, s.token_alone, s.event_names
  from adjust_settings s join apps a on a.org_id = s.org_id and a.id = s.app_id
  where s.org_id = wanted_org and s.app_token = wanted_token
$$;

-- Without a key: two rows tell whether the token is known at all, and whether exactly one app allows it alone.
create or replace function lookup_adjust_app(wanted_token text)
  returns table (org_id text, app_id text, platform text, token_alone boolean, event_names jsonb)
  language sql stable security definer set search_path = public, pg_temp as $$
  select s.org_id, s.app_id, a.platform::text, s.token_alone, s.event_names
  from adjust_settings s join apps a on a.org_id = s.org_id and a.id = s.app_id
  where s.app_token = wanted_token
  order by s.token_alone desc, s.org_id, s.app_id
  limit 2
$$;

-- Whether another organization allows an app's token alone, so that it proves nobody. Asks about the tenant's own token only.
create function adjust_token_contested(wanted_app text) returns boolean
  language sql stable security definer set search_path = public, pg_temp as $$
  select exists (
    select 1
    from adjust_settings own
      join adjust_settings other on other.app_token = own.app_token and other.org_id <> own.org_id and other.token_alone
    where own.org_id = current_org_id() and own.app_id = wanted_app
  )
$$;

alter table quota_warnings add column "plan" text;
update quota_warnings w set plan = o.plan::text from organizations o where o.id = w.org_id;
alter table quota_warnings
  alter column "plan" set not null,
  drop constraint "quota_warnings_pkey",
  add constraint "quota_warnings_pkey" primary key ("org_id", "month", "plan", "threshold");

-- Organizations that reached a threshold of their plan and were not told yet; claimed, so that two job processes send one
-- mail. A claim whose mail did not go out is free again after ten minutes.
drop function claim_quota_warnings(date, text[], integer[]);
create function claim_quota_warnings(for_month date, org_ids text[], plans text[], thresholds integer[])
  returns table (org_id text, threshold integer)
  language sql security definer set search_path = public, pg_temp as $$
  insert into quota_warnings as w (org_id, month, plan, threshold)
  select n.org_id, for_month, n.plan, n.threshold
  from unnest(org_ids, plans, thresholds) as n (org_id, plan, threshold) join organizations o on o.id = n.org_id
  on conflict (org_id, month, plan, threshold) do update set claimed_at = now()
    where w.sent_at is null and w.claimed_at < now() - interval '10 minutes'
  returning w.org_id, w.threshold
$$;

revoke execute on all functions in schema public from public;
grant execute on all functions in schema public to unmogrowp_app;
