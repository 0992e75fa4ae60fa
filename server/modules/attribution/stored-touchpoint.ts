/** Elements of the JSON list `touchpoint` of `touchpoint_keys`; the view `touchpoint_keys_view` has their order. */
export const STORED_TOUCHPOINT_LENGTH = 17

/**
 * When a touchpoint of `touchpoint_keys` arrived, Unix milliseconds, in SQL. It is the list's last element, and from 2001 to
 * 2286 has 13 digits: cut out, because the engine may work this out for every row of a block, where parsing JSON would cost
 * more than all the rest. 0, which is in time for everything, where the store wrote it otherwise.
 */
export const ARRIVED_SQL = 'toInt64OrZero(substring(touchpoint, -14, 13))'
