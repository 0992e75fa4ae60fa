-- The loader repeats an insert whose outcome it does not know under the same token; the server drops what did arrive.
-- Without a window the token is ignored (the default is 0).
alter table events modify setting non_replicated_deduplication_window = 1000;
alter table touchpoints modify setting non_replicated_deduplication_window = 1000;
alter table rejected_events modify setting non_replicated_deduplication_window = 1000;
