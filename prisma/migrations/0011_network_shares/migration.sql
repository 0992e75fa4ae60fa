-- Questions that are due, each for one worker, as before (0008), but shared out: of one host of networks, which many apps may
-- ask, no worker holds more than `most_per_host`, and where several hosts wait, those of which it holds least go first. So a
-- network that answers slowly, or not at all, leaves room for all others.

create function take_network_claims(worker text, lease_seconds integer, most_per_network integer, most_per_host integer, most integer)
  returns table (taken_org text, taken_app text, taken_network text, taken_device text)
  language sql security definer set search_path = public, pg_temp as $$
  with asked as (
    select n.org_id, n.app_id, n.id, n.enabled, n.last_asked_at, h.held, h.held_here,
      coalesce(lower(substring(n.claim_url from '^[a-z]+://([^/?#]+)')), n.id) as host
    from networks n cross join lateral (
      select count(*) as held, count(*) filter (where c.lease_owner = worker) as held_here
      from network_claims c
      where c.org_id = n.org_id and c.app_id = n.app_id and c.network_id = n.id and c.state = 'waiting' and c.lease_until >= now()
    ) h
  ),
  due as (
    select a.host, a.last_asked_at, d.org_id, d.app_id, d.network_id, d.device_id, d.next_try_at
    from asked a cross join lateral (
      select w.org_id, w.app_id, w.network_id, w.device_id, w.next_try_at
      from network_claims w
      where w.org_id = a.org_id and w.app_id = a.app_id and w.network_id = a.id and w.state = 'waiting'
        and w.next_try_at <= now() and (w.lease_until is null or w.lease_until < now())
        and (w.touchpoint is not null or (a.enabled and w.expires_at > now()))
      order by w.next_try_at
      limit greatest(0, most_per_network - a.held)
      for update skip locked
    ) d
  ),
  placed as (
    select due.*, (select sum(a.held_here) from asked a where a.host = due.host)
      + row_number() over (partition by due.host order by due.last_asked_at nulls first, due.next_try_at, due.device_id) as place
    from due
  ),
  chosen as (
    select * from placed where place <= most_per_host
    order by place, last_asked_at nulls first, next_try_at limit most
  )
  update network_claims c
  set lease_owner = worker, lease_until = now() + make_interval(secs => lease_seconds)
  from chosen
  where c.org_id = chosen.org_id and c.app_id = chosen.app_id and c.network_id = chosen.network_id and c.device_id = chosen.device_id
  returning c.org_id, c.app_id, c.network_id, c.device_id
$$;

drop function take_network_claims(text, integer, integer, integer);

revoke execute on function take_network_claims(text, integer, integer, integer, integer) from public;
grant execute on function take_network_claims(text, integer, integer, integer, integer) to unmogrowp_app;
