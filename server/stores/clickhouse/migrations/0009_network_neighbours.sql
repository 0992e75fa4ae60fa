-- Installs of the day before an upgrade from a release that kept no network addresses: they compete for the probabilistic
-- matches of installs behind the same address, and touchpoints that come late find them. What an attributor wrote meanwhile is
-- newer and stays.
insert into keyed_installs
select
  org_id,
  app_id,
  concat('p:', multiIf(
    isIPv4String(ip), ip,
    startsWith(lower(ip), '::ffff:') and isIPv4String(substring(ip, 8)), substring(ip, 8),
    lower(hex(substring(IPv6StringToNumOrDefault(ip), 1, 8))))) as key,
  event_time as install_time,
  device_id,
  environment,
  concat(platform, '\n', os_version, '\n', device_model) as traits,
  received_at,
  false as removed,
  received_at as written_at
from events
where event_name = 'install' and received_at >= now64(3) - toIntervalDay(1) and device_id != ''
  and environment in ('production', 'sandbox') and (isIPv4String(ip) or isIPv6String(ip));
