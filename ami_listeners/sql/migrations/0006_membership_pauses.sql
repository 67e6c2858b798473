-- Which agents do not serve which of their queues is asked for at each start.

CREATE INDEX facts_membership_pauses ON facts (agent, queue, id DESC) WHERE kind = 'membership_pause_changed';
