-- A third of all facts are agents' states; nobody looks for one agent's by when they began.

DROP INDEX agent_states_began_at;
