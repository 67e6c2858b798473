"""Listen and remember: AMI events and the floor's facts, to PostgreSQL and Prometheus."""
