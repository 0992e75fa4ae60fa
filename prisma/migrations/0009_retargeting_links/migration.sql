-- Links of retargeting campaigns: their clicks may bring an inactive user back, and a reinstall they win is a re-attribution.

alter table "links" add column "is_retargeting" boolean not null default false;

-- Another column in the answer makes another function; a collector of the release before selects its columns by name.
drop function lookup_link(text);
create function lookup_link(wanted text)
  returns table (
    link_id text, org_id text, app_id text, platform text, bundle_id text, store_id text, media_source text, campaign text, ad_set text,
    ad text, creative text, site_id text, sub_params jsonb, android_url text, ios_url text, web_url text, deep_link text,
    fallback_url text, allowed_hosts text[], is_retargeting boolean, archived boolean
  )
  language sql stable security definer set search_path = public, pg_temp as $$
  select l.id, l.org_id, l.app_id, a.platform::text, a.bundle_id, a.store_id, l.media_source, l.campaign, l.ad_set, l.ad, l.creative,
    l.site_id, l.sub_params, l.android_url, l.ios_url, l.web_url, l.deep_link, l.fallback_url, l.allowed_hosts, l.is_retargeting,
    l.archived_at is not null
  from links l join apps a on a.org_id = l.org_id and a.id = l.app_id
  where l.id = wanted
$$;
revoke execute on function lookup_link(text) from public;
grant execute on function lookup_link(text) to unmogrowp_app;
