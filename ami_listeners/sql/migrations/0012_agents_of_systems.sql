-- Several Asterisks may be listened to, each with agents of its own.

CREATE OR REPLACE VIEW agents_now AS
    SELECT agent, state, reason, pause_reason, logged_in, source, began_at AS since, system
    FROM agent_states WHERE ended_at IS NULL;
