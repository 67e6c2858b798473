-- How the tables follow the facts.
--
-- Only `facts` is ever written from outside, and by whole statements: one batch of facts, whoever inserts it
-- and by whatever statement, is looked at once a table, in the same transaction. What arrives is merged into
-- what is there. Where that would need to know more (facts told twice in different words, or concluded ones)
-- the row is counted anew from all its facts by the recount_ functions, which are the definitions: merging in
-- any batches and any order gives what recounting gives.
--
-- One statement at a time: two that touch the same visit or agent would tread on each other.

DROP TRIGGER IF EXISTS follow ON facts;
DROP FUNCTION IF EXISTS follow_fact(), follow_visit(facts), follow_callback(facts), follow_offer(facts),
    follow_agent(facts), follow_contact(facts), follow_asterisk(facts);

CREATE OR REPLACE FUNCTION follow_in_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('callfloor.follow'));
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER follow_in_turn BEFORE INSERT ON facts
    FOR EACH STATEMENT EXECUTE FUNCTION follow_in_turn();
