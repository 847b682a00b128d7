/** Makes commits durable whatever the role or database is set to (contract 8.12). */

/**
 * An SQL expression for a statement that writes events: its transaction then waits until it is durable,
 * as what is written leaves KV. It returns no useful value. A part of the statement, it costs no round
 * trip and works behind a pooler, which may not accept settings for a session.
 */
export const DURABLE_COMMIT = `(
  select case when current_setting('synchronous_commit') in ('off', 'local', 'remote_write')
    then set_config('synchronous_commit', 'on', true) end
)`;
