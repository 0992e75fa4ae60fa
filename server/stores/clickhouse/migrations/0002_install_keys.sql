-- From an identifier to the installs that carry it, so that a late touchpoint finds the installs it could have caused and
-- a new install finds the earlier ones of the same device. Written by the attributor before each decision.
-- key: `t:` click id or referrer click id, `a:` advertising id, `i:` idfv, `u:` customer user id, in comparable form.

create table if not exists install_keys
(
  org_id LowCardinality(String),
  app_id LowCardinality(String),
  key String,
  device_id String,
  install_time DateTime64(3, 'UTC'),
  environment LowCardinality(String),
  -- true: an earlier install event of the device replaced the one that carried this key
  removed Bool,
  written_at DateTime64(3, 'UTC')
)
engine = ReplacingMergeTree(written_at)
order by (org_id, app_id, key, device_id);
