-- Which dispositions say that a customer was helped, or was not.

ALTER TABLE dispositions ADD resolved boolean;
COMMENT ON COLUMN dispositions.resolved IS 'Whether the customer was helped; null: the disposition says nothing of it';
