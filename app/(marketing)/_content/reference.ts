/** Tables of the documentation: fields of an event, answers of the collector, reasons for a refusal. */

/** One field of an event. */
export interface FieldEntry {
  names: readonly string[]
  type: string
  text: string
}

export const EVENT_FIELDS: readonly FieldEntry[] = [
  {
    names: ['event_id'],
    type: '1–100 characters',
    text: 'Makes a retry count once. Without it, it is derived from the content if event_time is there; otherwise a retry counts twice, and the answer’s non_idempotent says for how many events.',
  },
  {
    names: ['event_name'],
    type: '1–100 characters, required',
    text: 'Yours to choose. install, session_start and reengagement are reserved for what they say.',
  },
  {
    names: ['event_time'],
    type: 'RFC 3339 or Unix milliseconds',
    text: 'Default: arrival. Refused when more than 24 hours in the future; older than 30 days is accepted and marked late.',
  },
  { names: ['platform'], type: 'ios, android, web', text: 'Default: the app’s.' },
  {
    names: ['device_id'],
    type: '1–100 characters, required',
    text: 'The install id: made at the first start of the app and kept with it. A reinstall has a new one.',
  },
  { names: ['advertising_id', 'idfv'], type: 'text', text: 'GAID or IDFA; Apple’s identifier for vendors.' },
  { names: ['customer_user_id'], type: 'text', text: 'Your own id of the person.' },
  { names: ['click_id'], type: 'text', text: 'From the query of a deep link or a landing page.' },
  {
    names: ['install_referrer'],
    type: 'text',
    text: 'What Google Play’s install referrer interface returns, unchanged. Its click_id is read out.',
  },
  {
    names: ['referrer_click_time', 'install_begin_time', 'referrer_click_time_server', 'install_begin_time_server'],
    type: 'time',
    text: 'As the store reports them.',
  },
  {
    names: ['ip'],
    type: 'IPv4 or IPv6',
    text: 'Believed only with a secret key; otherwise the sender’s address is taken.',
  },
  {
    names: ['user_agent', 'os_version', 'app_version', 'sdk_version', 'device_model', 'locale'],
    type: 'text',
    text: 'Kept with the event.',
  },
  { names: ['country'], type: 'two letters, ISO 3166', text: 'From the IP address when absent.' },
  {
    names: ['environment'],
    type: 'production, sandbox',
    text: 'Default production. Sandbox events are kept out of every report.',
  },
  {
    names: ['revenue', 'currency'],
    type: 'number; ISO 4217',
    text: 'Revenue needs a currency. Reports convert it into the reporting currency at the rate of its day.',
  },
  {
    names: ['properties'],
    type: 'JSON object',
    text: 'At most 32 KB and 20 levels. Top-level fields that are not in this table are kept here.',
  },
  { names: ['consent'], type: 'JSON object', text: 'What may be shared. Kept with the event.' },
]

/** HTTP answers of the collector. */
export const ANSWERS = [
  {
    status: '202',
    text: 'On disk. accepted counts them, repeated ones included; rejected lists what was refused, by line or array place from 0.',
  },
  { status: '400', text: 'The body is not readable JSON. An unreadable line of NDJSON is only that one event.' },
  { status: '401', text: 'No key, an unknown key or a revoked one.' },
  { status: '408', text: 'The request took too long to arrive: 60 seconds in all, or 30 without a byte.' },
  { status: '413', text: 'More than 10 MB unpacked, over 200 times its packed size, or more than 10,000 events.' },
  { status: '415', text: 'Neither JSON nor NDJSON, or an encoding other than gzip, br and zstd.' },
  { status: '422', text: 'Nothing in the body was acceptable. The body is as for 202.' },
  { status: '429', text: 'Too many. Wait for Retry-After and send the same ids again.' },
  { status: '503', text: 'Nothing was kept. Wait for Retry-After and send the same ids again.' },
] as const

/** Why a single event or touchpoint is refused. */
export const REFUSALS = {
  missing: 'A required field is absent or empty.',
  wrong_type: 'A field has another type than it must have.',
  invalid_value: 'A field has a value that is not allowed.',
  invalid_time: 'A time cannot be read, or is in seconds.',
  in_future: 'The time is more than 24 hours ahead.',
  too_long: 'A text is longer than allowed.',
  too_large: 'properties hold more than 32 KB.',
  too_deep: 'properties have more than 20 levels.',
  unknown_currency: 'Not an ISO 4217 code.',
  unknown_link: 'The touchpoint’s link_id is not a link of this app.',
  not_an_object: 'The item is not a JSON object.',
  invalid_json: 'The line is not JSON.',
  invalid_utf8: 'The line is not UTF-8.',
  internal: 'An error on our side; the others of the batch stand.',
} as const

/** Variables of the environment, as .env.example lists them. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  NODE_ENV: 'development, production or test',
  PORT: 'Port of the web process, 3000',
  COLLECTOR_PORT: 'Port of the collector, 4000',
  WORKER_PORT: 'Port for health and metrics of the other roles, 4001; 0 takes a free one',
  HOST: 'Interface that web and collector listen on, 0.0.0.0',
  DATA_DIR: 'Everything kept on disk: embedded stores, event log, the demo’s secrets; .data',
  DATABASE_URL: 'Postgres under a role that cannot bypass row-level security; absent: embedded',
  DATABASE_ADMIN_URL: 'Postgres under the owner of the tables, for migrations and the admin command',
  CLICKHOUSE_URL: 'ClickHouse’s HTTP interface; absent: embedded',
  CLICKHOUSE_DATABASE: 'Its database, unmogrowp',
  CLICKHOUSE_CLUSTER: 'Name of a cluster in ClickHouse’s remote_servers; absent: one server',
  EVENT_LOG: 'The log between collector and loader: disk or kafka',
  EVENT_LOG_KEEP_HOURS: 'Disk log: hours that loaded segments stay for a replay, 24',
  EVENT_LOG_KEEP_SHARE: 'Disk log: share of the disk it may fill before they go earlier, 0.2',
  EVENT_LOG_MIN_FREE_MB: 'Disk log: the collector answers 503 rather than leave less free, 256',
  DEDUPE_MEMORY_MB:
    'Memory of a loader for the ids of the last days in MB; absent: a 16th of the machine’s, 256 to 4096; less costs look-ups, never a wrong count',
  KAFKA_BROKERS: 'Brokers to begin with: host:port, comma-separated',
  KAFKA_TOPIC: 'Topic, unmogrowp.events',
  KAFKA_GROUP: 'Consumer group of the loaders, unmogrowp.loader',
  KAFKA_PARTITIONS: 'Partitions of a topic that is created, 8',
  KAFKA_REPLICATION: 'Copies of each partition; absent: three, or as many as there are brokers',
  KAFKA_USERNAME: 'SASL user',
  KAFKA_PASSWORD: 'SASL password',
  KAFKA_MECHANISM: 'PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512',
  KAFKA_TLS: '1: the brokers speak TLS',
  WEB_URL: 'Public address of the web process',
  COLLECTOR_URL: 'Public address of the collector',
  AUTH_SECRET: 'Signs sign-in cookies, at least 32 characters; no default outside the demo',
  SMTP_URL: 'How mails leave: smtp://user:password@host:port',
  MAIL_FROM: 'Sender of mails',
  TRUSTED_PROXIES: 'Proxies whose X-Forwarded-For is believed: addresses or ranges',
  COLLECTOR_KEY_EVENTS_PER_SECOND: 'Events of one key, 500000; 0: no limit',
  COLLECTOR_IP_REQUESTS_PER_SECOND: 'Requests of one address, 20000; 0: no limit',
  COLLECTOR_WRONG_KEYS_PER_SECOND: 'Requests of one address with unknown keys, 50; 0: no limit',
  REDIS_URL: 'Redis in which several collectors share these limits; absent: each counts alone',
  QUOTAS: 'plan: the plans’ monthly events are enforced; off: usage is counted, nothing is refused for it; off',
  OUTBOUND_PRIVATE_ADDRESSES: '1: addresses that customers enter, such as a network’s, may be private ones; off',
  IMPORT_UPLOAD_MAX_BYTES: 'Largest file the console takes for an import, 5368709120',
  LOG_LEVEL: 'trace, debug, info, warn, error, fatal or silent; info',
  DEMO: 'Set by npm run demo',
  INBOX_URL: 'Set by npm run demo: its mail inbox',
}
